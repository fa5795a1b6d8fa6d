#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/host.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// The memory behind a receive window. Linux counts what a segment takes in memory, headers and the
/// allocator's rounding included, and advertises what is left of the buffer times the share
/// that payload has in it (net/ipv4/tcp_input.c: scaling_ratio, tcp_rcv_space_adjust). With the
/// other profiles payload is all that counts.
class ReceiveBuffer {
 public:
  /// `bytes` is what SO_RCVBUF gave, or else the middle value of tcp_rmem.
  ReceiveBuffer(const Profile& profile, std::int32_t bytes);

  /// The application asks for another size.
  void resize_to(std::int32_t bytes) { size_ = static_cast<std::uint32_t>(bytes); }

  /// Octets of payload that the whole buffer is good for.
  std::uint32_t full_space() const { return payload_in(size_); }
  /// … and what is left of it.
  std::uint32_t free_space() const { return used_ < size_ ? payload_in(size_ - used_) : 0; }

  /// Bytes of memory that are taken.
  std::uint32_t used() const { return used_; }
  /// What a segment takes at the most.
  std::uint32_t size_of(const Segment& seg) const;

  /// Takes in `octets` of a segment, which lie next to what waits to be read.
  void add_in_order(const Segment& seg, std::uint32_t octets);
  /// Takes in a segment beyond a hole (Linux, tcp_data_queue_ofo), but not what is there already:
  /// that is returned, for a D-SACK.
  std::optional<SackBlock> add_out_of_order(const Segment& seg);
  /// RCV.NXT went on from `from` to `to`: what lay beyond a hole waits to be read now. Returns what
  /// had come in order, too.
  std::optional<SackBlock> absorb(Seq from, Seq to);
  /// Nothing beyond a hole is needed any more.
  void forget_early();
  /// The application took `octets` of the `waiting` ones in order; `beyond_hole` are others. Linux
  /// frees whole segments: what is left of one takes as much memory as all of it.
  void remove(std::uint32_t octets, std::uint32_t waiting, std::uint32_t beyond_hole);
  /// How many of `octets` to read are in the first segment.
  std::uint32_t in_first(std::uint32_t octets) const {
    if (!counts_memory_) return octets;
    const bool one = !before_last_ || before_last_->empty();
    return std::min(octets, one ? last_.unread : before_last_->front().unread);
  }

  // --- When there is no room (Linux, tcp_prune_queue) ---

  /// More is kept than the buffer was made for, so that nothing else comes in (tcp_can_ingest).
  bool is_overfull() const { return counts_memory_ && used_ > size_; }
  /// A buffer that may grow takes what is in it, up to `largest` (tcp_clamp_window).
  void grow_to_used(std::uint32_t largest);
  /// Copies octets together that take more memory than they need (tcp_collapse).
  void collapse();
  /// Forgets segments beyond a hole, the last ones first, until there is room; none that lies
  /// before `incoming`. True if there was one (tcp_prune_ofo_queue).
  enum class Pressure : std::uint8_t { no, yes };
  bool prune(Seq incoming, Pressure pressure);
  /// Where the last segment beyond a hole ends.
  std::optional<Seq> end_of_early() const;

  /// A larger segment than any before shows how much of the memory is payload. True when that
  /// changed the estimate.
  bool learn_share(const Segment& seg);
  /// How many octets the offer may grow for a segment of this size; `mss` is the estimate of the
  /// peer's segments, `advertised` the largest that we take (Linux, tcp_grow_window).
  std::uint32_t growth_for(const Segment& seg, std::uint32_t offer, std::uint32_t mss,
                           std::uint32_t advertised, std::uint32_t largest_buffer) const;

  // --- Dynamic right-sizing: the buffer follows what the application reads in a round trip ---

  void start_measuring(Seq read, SimTime now, std::uint32_t octets);
  /// A round trip as the receiver sees it. `idle_queue`: nothing waits to be read.
  enum class Queue : std::uint8_t { empty, waiting };
  void round_trip(SimDuration sample, Queue queue);
  /// The same by a timestamp that came back, of which each counts once. 0: too short to know.
  void round_trip_of_echo(Timestamp echo, SimDuration sample, Queue queue);
  /// Without timestamps a round trip is at least as long as one window takes (`next` to `end`).
  void window_passed(Seq next, Seq end, SimTime now);
  /// The application read up to `read`, and `waiting` octets are left. True when the buffer grew.
  bool resize(Seq read, std::uint32_t waiting, std::uint32_t beyond_hole, SimTime now,
              std::uint32_t largest);
  /// Octets lie so far beyond a hole: the buffer is to hold them and two round trips' worth (Linux,
  /// tcp_rcvbuf_grow). True when it grew.
  bool grow_for_hole(std::uint32_t beyond_hole, std::uint32_t largest);
  /// The round trip as the receiver sees it; zero: not known.
  SimDuration round_trip_estimate() const { return std::chrono::microseconds{round_trip8_us_ / 8}; }
  std::uint32_t measured_octets() const { return measured_octets_; }
  void limit_measured(std::uint32_t octets);

 private:
  /// One allocation that waits to be read.
  struct Block {
    std::uint32_t unread = 0;
    std::uint32_t octets = 0;  ///< the read ones, too
    std::uint32_t bytes = 0;
  };
  /// One allocation beyond a hole.
  struct Early {
    Seq left;
    Seq right;             ///< the FIN counts
    std::uint32_t octets;  ///< it does not
    std::uint32_t bytes;
    std::uint32_t tail_room;

    bool has_fin() const { return right - left > octets; }
  };
  void keep(const Block& block, std::uint32_t tail_room);
  bool fits_beside_last(std::uint32_t octets) const;
  void copy_beside_last(std::uint32_t octets);
  void insert(const Early& added, std::vector<Early>::iterator next,
              std::optional<SackBlock>& twice);
  static void extend(std::optional<SackBlock>& block, Seq left, Seq right);
  void forget(const Early& early);
  bool grow_for(std::uint64_t window, std::uint32_t largest);
  bool is_bloated(std::uint32_t octets, std::uint32_t bytes) const;
  void collapse_in_order();
  void collapse_early();
  void collapse_range(std::span<const Early> range, std::vector<Early>& to);

  std::uint32_t payload_in(std::uint32_t bytes) const {
    return static_cast<std::uint32_t>(std::uint64_t{bytes} * share_ >> share_bits);
  }
  static constexpr unsigned share_bits = 8;

  std::uint32_t size_;      ///< bytes (sk_rcvbuf)
  std::uint32_t used_ = 0;  ///< bytes (sk_rmem_alloc)
  Block last_;              ///< the one that came last; no bytes: nothing is kept
  std::unique_ptr<std::deque<Block>> before_last_;
  std::unique_ptr<std::vector<Early>> early_;  ///< by number; while there is a hole
  std::uint32_t early_bytes_ = 0;              ///< what these take
  std::uint16_t share_;                        ///< payload per memory, of 256
  std::uint16_t tail_room_ = 0;                ///< what still fits beside the last segment's octets
  bool counts_memory_;                         ///< Linux; else payload alone counts
  bool measuring_ = false;
  Seq measured_from_;
  SimTime measured_at_ = sim_start;
  std::uint32_t measured_octets_ = 0;  ///< read in the best round trip so far
  Seq window_end_;
  SimTime window_began_ = never;
  std::int64_t round_trip8_us_ = 0;  ///< 8 x the estimate; 0: none yet
  Timestamp echo_measured_;          ///< timestamp whose round trip is known
};

/// Bytes that a segment takes in a Linux receive buffer: its packet and the driver's headroom,
/// rounded up to an allocation, and the bookkeeping beside it. Measured behind a TUN device; other
/// drivers round otherwise.
std::uint32_t segment_memory(const Segment& seg);

}  // namespace lastack::tcp
