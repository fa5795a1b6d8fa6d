#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace lastack::tcp {

/// Bytes that a chunk of octets to send takes in memory beside them (its sk_buff).
inline constexpr std::uint32_t chunk_overhead = 832;
/// Bytes that a send buffer always has room for (Linux, SOCK_MIN_SNDBUF).
inline constexpr std::uint32_t least_send_buffer = 4608;

/// What all sockets of a host hold for data, in pages, against tcp_mem: the count that Linux keeps
/// in `tcp_memory_allocated`, and whether it finds itself under pressure (net/core/sock.c).
/// Differs: Linux lets every processor hold up to net.core.mem_pcpu_rsv pages uncounted.
class SocketMemory {
 public:
  static constexpr std::uint32_t page_bytes = 4096;
  using Limits = std::array<std::int32_t, 3>;  ///< tcp_mem: low, pressure, high

  /// Pages that hold so many bytes.
  static std::uint32_t pages_for(std::uint64_t bytes) {
    return static_cast<std::uint32_t>((bytes + page_bytes - 1) / page_bytes);
  }

  std::int64_t pages() const { return pages_; }
  std::int64_t peak() const { return peak_; }
  bool under_pressure() const { return pressure_; }

  /// A socket holds so many pages more, whatever the limits say.
  void add(std::uint32_t more) {
    pages_ += more;
    peak_ = std::max(peak_, pages_);
  }
  /// A socket gave so many back; below the low limit the pressure ends.
  void remove(std::uint32_t fewer, const Limits& limits) {
    pages_ -= fewer;
    if (pressure_ && pages_ < limits[0]) pressure_ = false;
  }

  enum class Answer : std::uint8_t {
    granted,   ///< up to the low limit nobody is denied anything
    depends,   ///< between low and high it depends on who asks
    too_many,  ///< above the high limit
  };
  struct Asked {
    Answer answer;
    bool pressure_begins;
  };
  /// What a socket that wants so many pages more hears (Linux, __sk_mem_raise_allocated). Asking
  /// begins and ends the pressure, but takes nothing.
  Asked ask(std::uint32_t more, const Limits& limits) {
    const std::int64_t wanted = pages_ + more;
    if (wanted <= limits[0]) {
      pressure_ = false;
      return {Answer::granted, false};
    }
    const bool begins = !pressure_ && wanted > limits[1];
    pressure_ = pressure_ || begins;
    return {wanted > limits[2] ? Answer::too_many : Answer::depends, begins};
  }

 private:
  std::int64_t pages_ = 0;
  std::int64_t peak_ = 0;
  bool pressure_ = false;
};

}  // namespace lastack::tcp
