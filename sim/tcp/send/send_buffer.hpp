#pragma once

#include <cstdint>

#include "lastack/core/assert.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/settings.hpp"
#include "send/odd_chunks.hpp"
#include "send/retransmission_queue.hpp"
#include "send/send_sequence.hpp"

namespace lastack::tcp {

/// What the application handed over and the peer has not acknowledged (RFC 9293, 3.10.2), how much
/// more it may hand over, and the pieces in which Linux keeps it: octets that were written together
/// stay together in a chunk, and leave together if the windows allow.
class SendBuffer {
 public:
  enum class Chunk : std::uint8_t { begun, fresh };

  // --- Questions ---

  Seq end() const { return end_; }  ///< after the last octet that the application gave
  bool fin_queued() const { return fin_queued_; }
  /// After everything that is to be sent, a queued FIN included.
  Seq fin_end() const { return end_ + (fin_queued_ ? 1U : 0U); }
  std::uint32_t unsent(Seq nxt) const { return fin_end() - nxt; }  ///< octets, FIN included
  bool fin_follows(Seq at) const { return fin_queued_ && at == end_; }
  std::uint32_t bytes() const { return bytes_; }  ///< of memory (sk_sndbuf)
  bool blocked() const { return blocked_; }       ///< the application waits for room

  /// Octets that are kept, and if the windows allow sent, together (Linux, tcp_xmit_size_goal).
  static std::uint32_t chunk_goal(std::uint32_t max_wnd, std::uint32_t mss);
  /// Where octets that are handed over now go: a new chunk, or one that has room.
  Chunk next_chunk(Seq nxt, std::uint32_t goal) const;
  /// Octets that the chunk at the end still takes.
  std::uint32_t room_in_chunk(std::uint32_t goal) const { return goal - (end_ - chunk_); }
  /// What is left of the chunk that goes next. Like all that takes `odd`: it holds where chunks end
  /// that are not of the usual size, and is asked only where there are any.
  std::uint32_t chunk_left(Seq nxt, const OddChunks* odd) const;
  /// … with what joins it of the next chunk, up to `most` octets in all (Linux, tcp_grow_skb).
  std::uint32_t chunk_grown(Seq nxt, std::uint32_t most, const OddChunks* odd) const;
  /// Whether everything before the last chunk was sent.
  bool at_last_chunk(Seq nxt) const { return at_or_after(nxt, chunk_); }
  /// Bytes of memory that all octets in the buffer take.
  std::uint32_t memory(const RetransmissionQueue& queue, const SendSequence& snd,
                       const OddChunks* odd) const;
  /// Whether a third of the buffer is free, so that a waiting application goes on (Linux,
  /// sk_stream_write_space).
  bool has_room(std::uint32_t used) const { return used < bytes_ && bytes_ - used >= used / 2; }

  // --- Events ---

  void begin(Seq first) { end_ = chunk_ = first; }
  /// The peer takes segments of so many octets, whatever the path takes (Linux, mss_clamp).
  void peer_takes(std::uint16_t octets);
  /// Whether a new chunk leaves chunks before it that are not all of one size.
  bool becomes_odd(Seq nxt) const {
    return before(nxt, chunk_) && end_ != chunk_ && (odd_ || end_ - chunk_ != goal_);
  }
  /// Octets come next that go into this chunk. A new one is to have `goal` octets; `odd` is needed
  /// if becomes_odd().
  void begin_chunk(Chunk chunk, Seq nxt, std::uint32_t goal, OddChunks* odd);
  /// Whether a chunk that takes from the one behind it until it has `grown` octets, instead of
  /// `left`, takes all of it, and others stay before the last.
  bool joins_inner(Seq nxt, std::uint32_t left, std::uint32_t grown, const OddChunks* odd) const;
  /// … it does so though it does not go now. Requires joins_inner().
  void join_inner(Seq nxt, OddChunks& odd);
  /// … the same where that is not so.
  void keep_grown(Seq nxt, std::uint32_t grown);
  void append(std::uint32_t octets) { end_ += octets; }
  void queue_fin() { fin_queued_ = true; }
  void block() { blocked_ = true; }
  void unblock() { blocked_ = false; }
  /// The buffer at the start, and as it grows with the congestion window: two windows of full
  /// segments with what they take in memory (Linux, tcp_sndbuf_expand). `asked` is SO_SNDBUF, 0 if
  /// it was never set; the peer may take larger segments than of `mss` octets.
  void grow(std::int32_t asked, std::uint32_t mss, std::uint32_t cwnd, const Settings& settings);
  /// Memory is short: half of what is queued will do (Linux, sk_stream_moderate_sndbuf).
  void shrink(std::uint32_t queued);

  void check_invariants(Seq nxt) const { LASTACK_ASSERT(at_or_before(nxt, fin_end())); }

 private:
  void list_chunks(Seq nxt, OddChunks& odd);
  std::uint32_t usual_left(Seq nxt) const;
  std::uint32_t chunks(Seq nxt, const OddChunks* odd) const;

  Seq end_;
  Seq chunk_;  ///< where the last octets that are kept together begin
  std::uint32_t bytes_ = 0;
  std::uint16_t goal_ = 0;  ///< the size of the chunks before it, unless they are odd
  bool fin_queued_ : 1 = false;
  bool blocked_ : 1 = false;
  bool odd_ : 1 = false;                    ///< chunks before the last are not all of one size
  std::uint8_t peer_segment_bits_ : 5 = 0;  ///< the peer's largest segments take 2^n bytes
};

}  // namespace lastack::tcp
