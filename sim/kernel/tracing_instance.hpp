#pragma once

#include <optional>
#include <string>

#include "fd.hpp"

namespace lastack::kernel {

/// A tracing instance (Documentation/trace/ftrace.rst, "Instances") of this process alone, which is
/// removed with this object. Instances belong to the whole machine, so what says that somebody has
/// one is machine-wide, too: its owner holds a file in it open, and the kernel removes no instance
/// of which a file is open. A killed process leaves its instance, and nobody who holds it.
class TracingInstance {
 public:
  /// The instance with this number in tracefs' folder of instances, of a dead owner, too. Nothing
  /// where another process has it. Throws LabError.
  static std::optional<TracingInstance> claim(const std::string& instances, unsigned number);

  TracingInstance(TracingInstance&&) noexcept = default;
  TracingInstance& operator=(TracingInstance&&) = delete;
  ~TracingInstance();

  const std::string& folder() const { return folder_; }

 private:
  TracingInstance(std::string folder, Fd hold);

  std::string folder_;
  Fd hold_;  ///< not open: moved from
};

/// Removes the instances of processes that do not run any more.
void remove_instances_of_the_dead(const std::string& instances);

}  // namespace lastack::kernel
