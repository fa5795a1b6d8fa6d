#pragma once

#include <string>

namespace lastack::kernel {

/// "6.18.44", without what a distribution adds.
std::string kernel_release();

/// Ticks a second of the kernel's timers (CONFIG_HZ).
int kernel_hz();

}  // namespace lastack::kernel
