#include "support/memory_limit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <new>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "lastack/run/simulation.hpp"

namespace lastack::cli {

namespace {

constexpr std::uint64_t least = 1'000'000;  // the program itself takes some

/// Says in our words what is wanted. Empty where `text` is right.
std::string to_bytes(std::string& text) {
  const std::string given = text;
  const bool digits_first = !text.empty() && text.front() >= '0' && text.front() <= '9';
  std::uint64_t bytes = 0;
  if (digits_first && size_to_bytes(text)) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (error == std::errc{} && bytes >= least) return "";
  }
  return fmt::format(
      "want a size from 1M such as 500M or 2G (K, M, G and T are powers of 1024), "
      "have {}",
      given);
}

}  // namespace

void add_max_memory_option(Command command, std::optional<std::uint64_t>& bytes) {
  command
      .add_option("--max-memory", bytes,
                  "Stop when the program itself takes more, such as\n"
                  "500M or 2G; the results so far are written")
      .transform(to_bytes)
      .type_name("SIZE");
}

std::uint64_t resident_bytes() {
  // "size resident shared …" in pages. The file is opened anew each time: that takes some
  // microseconds, and nothing has to be kept.
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 128> text{};
  const ssize_t length = read(file, text.data(), text.size());
  close(file);
  if (length <= 0) return 0;
  const std::string_view line{text.data(), static_cast<std::size_t>(length)};
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  std::uint64_t pages = 0;
  std::from_chars(line.data() + blank + 1, line.data() + line.size(), pages);
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::function<bool()> memory_check(std::optional<std::uint64_t> bytes) {
  if (!bytes) return {};
  return [most = *bytes] { return resident_bytes() > most; };
}

namespace {

/// What the machine has, or the limit of the group that the program runs in; nothing where neither
/// is known.
std::optional<std::uint64_t> memory_of_the_machine() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  if (pages <= 0) return std::nullopt;
  std::uint64_t bytes =
      static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream group{"/sys/fs/cgroup/memory.max"};
  std::uint64_t most = 0;
  if (group >> most) bytes = std::min(bytes, most);
  return bytes;
}

/// "3.4 GB"
std::string rough_size(std::uint64_t bytes) {
  constexpr double mega = 1e6;
  const double size = static_cast<double>(bytes) / mega;
  return size < 1000 ? fmt::format("{:.0f} MB", size) : fmt::format("{:.1f} GB", size / 1000);
}

/// "more than --max-memory 300M", where `takes` is; empty where it is not.
std::string more_than(std::uint64_t takes, std::optional<std::uint64_t> limit) {
  const std::optional<std::uint64_t> most = limit ? limit : memory_of_the_machine();
  if (!most || takes <= *most) return "";
  if (limit) return "more than --max-memory " + size_text(*limit);
  return fmt::format("more than the {} that this machine has", rough_size(*most));
}

void require_memory(const std::string& file, std::uint64_t takes,
                    std::optional<std::uint64_t> limit) {
  const std::string more = more_than(takes, limit);
  if (more.empty()) return;
  throw TooLarge{fmt::format("{}: takes at least {} before its first event, {}", file,
                             rough_size(takes), more)};
}

}  // namespace

void require_memory(const scenario::Scenario& scenario, std::optional<std::uint64_t> limit) {
  require_memory(scenario.file, run::least_memory(scenario), limit);
}

void require_memory(const std::string& file, const batch::MemoryNeed& need,
                    std::optional<std::uint64_t> limit) {
  require_memory(file, need.one, limit);
  const std::string more = more_than(need.together, limit);
  if (more.empty()) return;
  throw TooLarge{fmt::format(
      "{}: {} runs side by side take at least {} before their first events, {}; one run at a time "
      "(-j 1) at least {}",
      file, need.jobs, rough_size(need.together), more, rough_size(need.one))};
}

std::function<bool()> MemoryWatch::check() {
  if (!limit_) return {};
  return [this] {
    if (resident_bytes() <= *limit_) return false;
    met_ = true;
    return true;
  };
}

std::string MemoryWatch::reason() const {
  return met_ ? "stopped at --max-memory " + size_text(*limit_) : "out of memory";
}

MemoryShare::MemoryShare(std::optional<std::uint64_t> limit)
    : limit_{limit ? limit : memory_of_the_machine()} {}

void MemoryShare::use(std::uint64_t bytes, const std::function<void()>& work) {
  {
    std::unique_lock lock{mutex_};
    freed_.wait(lock, [&] { return used_ == 0 || !limit_ || used_ + bytes <= *limit_; });
    used_ += bytes;
  }
  const auto give_back = [&] {
    constexpr std::uint64_t large = 16U << 20U;
    // What the run took would stay with its thread, and count as held by the program.
    if (bytes >= large) malloc_trim(0);
    const std::lock_guard lock{mutex_};
    used_ -= bytes;
    freed_.notify_all();
  };
  try {
    work();
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
}

// A new-expression whose memory nobody uses may be left out by the compiler; these calls may not.
MemoryReserve::MemoryReserve() : block_{::operator new (std::size_t{16} << 20U)} {}

void MemoryReserve::release() {
  ::operator delete(block_);
  block_ = nullptr;
}

std::optional<std::uint64_t> limit_met(std::optional<std::uint64_t> limit) {
  return limit && resident_bytes() >= *limit ? limit : std::nullopt;
}

std::string out_of_memory_text(const run::Summary& summary,
                               std::optional<std::uint64_t> limit_met) {
  return fmt::format(
      "{} after {} events and {:.3f} simulated seconds; the results cover what "
      "ran until then",
      limit_met ? "stopped at --max-memory " + size_text(*limit_met) : "out of memory",
      summary.events, summary.simulated_seconds);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"", "K", "M", "G", "T"};
  std::size_t unit = 0;
  while (unit + 1 < units.size() && bytes > 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", bytes, units[unit]);
}

}  // namespace lastack::cli
