#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "host/host.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"
#include "receive/initial_window.hpp"
#include "receive/receive_buffer.hpp"

namespace lastack::tcp {

/// RCV.WND (RFC 9293, 3.8.6): what the peer may send, and the memory behind it. Linux lets the
/// offer grow with the traffic (rcv_ssthresh) up to what the buffer holds (window_clamp); with the
/// other profiles all that is free is offered. Windows never shrink (unless tcp_shrink_window lets
/// scaled ones), and silly ones are avoided (RFC 9293, 3.8.6.2).
class ReceiveWindow {
 public:
  /// Whether the peer's segments carry timestamps.
  enum class Stamps : std::uint8_t { no, yes };
  /// What the host, the socket and the connection say.
  struct Surroundings {
    const Host& host;
    const SocketOptions& options;
    Stamps stamps;
    Seq read;  ///< next octet for the application
    SimTime now;

    /// What SO_RCVBUF gave, or else the middle value of tcp_rmem.
    std::int32_t buffer_bytes() const {
      return options.rcvbuf != 0 ? options.rcvbuf : host.settings().tcp_rmem[1];
    }
    /// Whether the application has set how large it is (SOCK_RCVBUF_LOCK).
    BufferSize buffer_size() const {
      return options.rcvbuf != 0 ? BufferSize::asked_for : BufferSize::by_traffic;
    }
    /// The largest payload of the peer's segments, octets.
    std::uint32_t payload_max() const {
      return host.advertised_mss(options) - (stamps == Stamps::yes ? timestamps_octets : 0U);
    }
    bool buffer_may_grow() const {
      return buffer_size() == BufferSize::by_traffic && host.settings().tcp_moderate_rcvbuf != 0;
    }
  };
  /// What could be offered.
  struct Offer {
    std::uint32_t octets = 0;
    bool application_lags = false;  ///< more than half of the buffer waits to be read
  };

  // --- Questions ---

  /// What is left of the window last advertised. `nxt` is RCV.NXT.
  std::uint32_t left(Seq nxt) const {
    const std::uint32_t used = nxt - advertised_at_;
    return used < advertised_ ? advertised_ - used : 0;
  }
  std::uint32_t advertised() const {
    return advertised_;
  }  ///< octets offered from advertised_at on
  Seq advertised_at() const {
    return advertised_at_;
  }  ///< RCV.NXT when the window was last advertised
  Seq end() const { return advertised_at_ + advertised_; }  ///< the first octet beyond it
  std::uint32_t clamp() const { return clamp_; }
  std::uint8_t scale() const { return scale_; }
  /// The peer's segments by estimate, payload octets (rcv_mss).
  std::uint32_t mss() const { return mss_; }
  /// How many of them half the window holds.
  std::uint32_t half_in_segments() const {
    return advertised_ / (2U * std::max<std::uint32_t>(mss_, 1));
  }
  /// Whether so much came since the last ACK that another is due (RFC 5681, 4.2).
  bool two_segments_since(Seq nxt) const { return nxt - advertised_at_ > mss_; }
  /// What could be offered now (Linux, __tcp_select_window).
  Offer next(const Surroundings& s) const;
  /// Bytes of memory that are taken (sk_rmem_alloc).
  std::uint32_t memory() const { return buffer_ ? buffer_->used() : 0; }
  bool has_buffer() const { return buffer_ != nullptr; }
  /// The round trip as the receiver sees it; 0: not known.
  SimDuration round_trip() const {
    return buffer_ ? buffer_->round_trip_estimate() : SimDuration::zero();
  }
  /// Bytes that a segment takes.
  std::uint32_t memory_of(const Segment& seg, const Surroundings& s) {
    return buffer(s).size_of(seg);
  }

  // --- The handshake ---

  /// What our SYN offers, and the scale for all later windows.
  void offer_in_syn(const Surroundings& s);
  /// What a listener's SYN-ACK offered.
  void offered_in_synack(std::uint32_t window, std::uint8_t scale, const Surroundings& s);
  /// The peer does not scale windows.
  void without_scaling();
  /// The peer's SYN is here: the window begins behind it.
  void begin(Seq nxt) { advertised_at_ = nxt; }
  /// SO_RCVBUF was set on an open connection: what may ever be offered stays as it was agreed.
  void resize(const Surroundings& s) {
    if (buffer_) buffer_->resize_to(s.buffer_bytes());
  }
  /// The connection is open (Linux, tcp_init_buffer_space), and the peer's segments are thought to
  /// be no larger than our own, of `own_mss` octets (tcp_initialize_rcv_mss).
  void established(std::uint32_t own_mss, const Surroundings& s);

  // --- What came ---

  /// How a segment's size compares with the peer's usual ones.
  enum class Size : std::uint8_t {
    full,
    usual,  ///< shorter, but the second of that size in a row
    shorter
  };
  /// Learns how large the peer's segments are (Linux, tcp_measure_rcv_mss).
  Size learn_segment_size(const Segment& seg, const Surroundings& s);
  /// Text in order, or beyond a hole, is in the buffer.
  void keep_in_order(const Segment& seg, std::uint32_t octets, const Surroundings& s) {
    buffer(s).add_in_order(seg, octets);
  }
  /// … and what of it was there already.
  std::optional<SackBlock> keep_beyond_hole(const Segment& seg, const Surroundings& s) {
    return buffer(s).add_out_of_order(seg);
  }
  /// The last octets beyond a hole lie so far from RCV.NXT: a buffer that may grow takes them all.
  void hole_reaches(std::uint32_t octets, const Surroundings& s);
  /// RCV.NXT went on from `from` to `to`, for what lay beyond a hole; what came twice.
  std::optional<SackBlock> absorbed(Seq from, Seq to) {
    return buffer_ ? buffer_->absorb(from, to) : std::nullopt;
  }
  /// The FIN is here, so nothing lies beyond it.
  void forget_early() {
    if (buffer_) buffer_->forget_early();
  }
  /// The buffer holds more than it was made for.
  bool is_overfull() const { return buffer_ && buffer_->is_overfull(); }
  /// A segment that begins at `incoming` needs room in a buffer that holds too much, or that the
  /// host has no memory for (Linux, tcp_prune_queue). False where none was found.
  bool make_room(Seq incoming, const Surroundings& s);
  /// Forgets what lies beyond a hole, the last segments first. False where there is none left.
  bool prune(Seq incoming, const Surroundings& s);
  /// Where the last segment beyond a hole ends.
  std::optional<Seq> end_of_early() const {
    return buffer_ ? buffer_->end_of_early() : std::nullopt;
  }
  /// RCV.NXT is `nxt`: without timestamps this measures how long a window takes.
  void data_arrived(Seq nxt, const Surroundings& s) {
    buffer(s).window_passed(nxt, nxt + advertised_, s.now);
  }
  /// A full segment echoed the timestamp `echo` of so long ago.
  void round_trip(Timestamp echo, SimDuration sample, ReceiveBuffer::Queue queue,
                  const Surroundings& s) {
    buffer(s).round_trip_of_echo(echo, sample, queue);
  }
  /// The offer grows with what arrives, up to what the buffer holds (Linux, tcp_grow_window). True
  /// if it did.
  bool grow(const Segment& seg, const Surroundings& s);
  /// Under pressure an offer falls back to four segments (Linux, tcp_adjust_rcv_ssthresh).
  void shrink_under_pressure(const Surroundings& s);
  /// The application took `octets`, `waiting` are left in order and `beyond_hole` others: room in
  /// the buffer, and perhaps a larger one (Linux, tcp_rcv_space_adjust).
  void octets_read(std::uint32_t octets, std::uint32_t waiting, std::uint32_t beyond_hole,
                   const Surroundings& s);

  // --- What is sent ---

  /// The window field of a segment that offers so many octets, or as many as were offered before,
  /// if these are more and the host keeps to RFC 9293. `nxt` is RCV.NXT.
  std::uint16_t advertise(std::uint32_t octets, Seq nxt, const Host& host);
  /// The same for a window of 0, whatever was offered before.
  std::uint16_t close(Seq nxt);
  /// The connection is no more.
  void release() { buffer_.reset(); }

  void check_invariants() const;

 private:
  ReceiveBuffer& buffer(const Surroundings& s);
  std::uint32_t full_space(const Surroundings& s) const;
  std::uint32_t free_space(const Surroundings& s) const;
  bool may_shrink(const Host& host) const {
    return scale_ > 0 && host.settings().tcp_shrink_window != 0;
  }
  Offer next_as_is(std::uint32_t space, std::uint32_t all, std::uint32_t most,
                   const Surroundings& s) const;
  std::uint32_t least_offer(const Surroundings& s) const;
  std::uint32_t in_steps(std::uint32_t space, std::uint32_t most) const;
  void set_clamp(std::uint32_t clamp);
  void clamp_to_buffer(const Surroundings& s);

  std::unique_ptr<ReceiveBuffer> buffer_;  ///< once data came
  Seq advertised_at_;
  std::uint32_t advertised_ = 0;
  std::uint32_t grown_ = 0;  ///< how far the offer may go by now (rcv_ssthresh)
  std::uint32_t clamp_ = 0;  ///< the most that may ever be offered
  std::uint16_t mss_ = default_mss;
  std::uint16_t small_mss_ = 0;  ///< the last short segment's size, were it the peer's
  std::uint8_t scale_ = 0;       ///< shift of our windows
};

}  // namespace lastack::tcp
