#include "tracing_instance.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

#include "lastack/kernel/lab.hpp"
#include "slot.hpp"

namespace lastack::kernel {

namespace {

constexpr std::string_view prefix = "lastack-kernel-";
/// Others remove what nobody holds yet, so an instance may be gone before its maker holds it.
constexpr int tries_max = 100;

/// Nothing where the instance is not that of a lab.
std::optional<unsigned> number_of_lab(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  unsigned number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

TracingInstance::TracingInstance(std::string folder, Fd hold)
    : folder_{std::move(folder)},
      hold_{std::move(hold)} {}

std::optional<TracingInstance> TracingInstance::claim(const std::string& instances,
                                                      unsigned number) {
  std::string folder = instances + "/" + std::string{prefix} + std::to_string(number);
  for (int i = 0; i < tries_max; ++i) {
    if (rmdir(folder.c_str()) != 0 && errno != ENOENT) return std::nullopt;
    if (mkdir(folder.c_str(), 0700) != 0) {
      if (errno == EEXIST) return std::nullopt;  // another was faster
      throw_errno(folder);
    }
    Fd hold{open((folder + "/tracing_on").c_str(), O_WRONLY | O_CLOEXEC)};
    if (!hold.open() && errno == ENOENT) continue;
    if (!hold.open()) {
      const std::string problem = with_errno(folder);
      rmdir(folder.c_str());
      throw LabError{problem};
    }
    // Another may have removed the new instance and made its own, which then is this one.
    if (flock(hold.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    return TracingInstance{std::move(folder), std::move(hold)};
  }
  throw LabError{folder + ": is removed again and again"};
}

TracingInstance::~TracingInstance() {
  if (!hold_.open()) return;
  hold_.reset();
  rmdir(folder_.c_str());
}

void remove_instances_of_the_dead(const std::string& instances) {
  std::error_code error;
  for (std::filesystem::directory_iterator at{instances, error};
       !error && at != std::filesystem::directory_iterator{}; at.increment(error)) {
    const auto number = number_of_lab(at->path().filename().string());
    // Labs of earlier versions do not hold their instances.
    if (number && !is_taken(*number)) rmdir(at->path().c_str());
  }
}

}  // namespace lastack::kernel
