#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

#include "lastack/batch/memory_need.hpp"
#include "lastack/run/summary.hpp"
#include "lastack/scenario/scenario.hpp"
#include "support/command_line.hpp"

namespace lastack::cli {

/// Gives a subcommand its --max-memory. `bytes` stays empty where it is not given.
void add_max_memory_option(Command command, std::optional<std::uint64_t>& bytes);

/// What the program itself has in memory (its resident set), in bytes; 0 where this system does not
/// say.
std::uint64_t resident_bytes();

/// True once the program holds more than `bytes`; never where there is no limit.
std::function<bool()> memory_check(std::optional<std::uint64_t> bytes);

/// More than there is, or than --max-memory allows: found out before anything was done.
class TooLarge : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Throws TooLarge where a run of the scenario takes more before its first event than `limit`, or
/// without one than the machine has.
void require_memory(const scenario::Scenario& scenario, std::optional<std::uint64_t> limit);

/// The same of runs side by side, by the need of so many jobs; `file` is what they are of.
void require_memory(const std::string& file, const batch::MemoryNeed& need,
                    std::optional<std::uint64_t> limit);

/// Watches --max-memory while runs go on side by side, and remembers whether it was met.
class MemoryWatch {
 public:
  explicit MemoryWatch(std::optional<std::uint64_t> limit) : limit_{limit} {}

  /// Empty where there is no limit; must not outlive this object.
  std::function<bool()> check();
  /// Why a run got no more memory: "stopped at --max-memory 500M", or "out of memory".
  std::string reason() const;

 private:
  std::optional<std::uint64_t> limit_;
  std::atomic<bool> met_{false};
};

/// Lets runs begin side by side as far as what they take before their first events fits together.
/// One that has to wait begins when others have ended, so whether it is run does not depend on how
/// many go on at once.
class MemoryShare {
 public:
  /// Empty: what the machine has.
  explicit MemoryShare(std::optional<std::uint64_t> limit);

  /// Does `work`, which takes `bytes` at the least and alone fits, when there is room for it.
  void use(std::uint64_t bytes, const std::function<void()>& work);

 private:
  std::optional<std::uint64_t> limit_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::uint64_t used_ = 0;
};

/// Memory that is kept aside, untouched, for what has to be done when there is no more.
class MemoryReserve {
 public:
  MemoryReserve();
  ~MemoryReserve() { release(); }
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;

  void release();

 private:
  void* block_;
};

/// The limit, if the program holds that much now.
std::optional<std::uint64_t> limit_met(std::optional<std::uint64_t> limit);

/// Why a run stopped and how far it came: "stopped at --max-memory 500M, after 1,000 events and
/// 2.5 simulated seconds; the results cover what ran until then".
/// Without the limit it was the system that had no more.
std::string out_of_memory_text(const run::Summary& summary, std::optional<std::uint64_t> limit_met);

/// "500M", "2G": a size as --max-memory takes it.
std::string size_text(std::uint64_t bytes);

}  // namespace lastack::cli
