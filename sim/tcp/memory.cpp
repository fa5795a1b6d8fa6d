// What a connection holds of the host's memory for sockets (tcp_mem), and what it may have more
// (Linux, net/core/sock.c and the places that ask there).

#include "host/memory.hpp"

#include <algorithm>

#include "endpoint.hpp"

namespace lastack::tcp {

/// Bytes in the send buffer (sk_wmem_queued).
std::uint32_t Endpoint::bytes_to_send() const {
  const bool octets_out = after(buffer_.end(), snd_.una());
  if (state_ == State::closed || (queue_.empty() && !octets_out)) return 0;
  if (queue_.size() == 1 && !after(buffer_.end(), snd_.nxt())) {  // a SYN, a FIN, one segment
    return (octets_out ? buffer_.end() - snd_.una() : 0) + chunk_overhead;
  }
  return send_memory();
}

/// What came and went in an event is settled at its end.
void Endpoint::settle_memory(Context& c) {
  held_.settle(std::uint64_t{bytes_to_send()} + window_.memory(), c.host);
}

/// Whether `size` bytes more may be held beside the `used` ones (Linux, __sk_mem_schedule). In a
/// host far below its limits nobody looks closer.
bool Endpoint::take_memory(MemoryUse use, std::uint32_t begun, std::uint32_t size, Context& c) {
  SocketMemory& memory = c.host.memory;
  const SocketMemory::Limits& limits = c.host.settings().tcp_mem;
  const std::uint32_t at_most = SocketMemory::pages_for(size);
  if (memory.pages() + at_most <= limits[0]) {
    memory.ask(0, limits);
    held_.take(at_most, c.host);
    return true;
  }
  settle_memory(c);
  const std::uint64_t used = std::uint64_t{bytes_to_send()} + window_.memory() + begun;
  if (used + size <= held_.bytes()) return true;
  const std::uint32_t more = SocketMemory::pages_for(used + size - held_.bytes());
  if (!may_take(use, more, begun, size, c)) return false;
  held_.take(more, c.host);
  return true;
}

/// The rules of __sk_mem_raise_allocated in its order.
bool Endpoint::may_take(MemoryUse use, std::uint32_t pages, std::uint32_t begun, std::uint32_t size,
                        Context& c) {
  const Settings& settings = c.host.settings();
  const auto [answer, pressure_begins] = c.host.memory.ask(pages, settings.tcp_mem);
  c.host.counters.TCPMemoryPressures += pressure_begins ? 1U : 0U;
  if (answer == SocketMemory::Answer::granted) return true;
  const std::uint32_t queued =
      use == MemoryUse::receive ? window_.memory() : bytes_to_send() + begun;
  if (answer == SocketMemory::Answer::depends) {
    const std::int32_t assured =
        use == MemoryUse::receive ? settings.tcp_rmem[0] : settings.tcp_wmem[0];
    const bool has_little = queued < static_cast<std::uint32_t>(assured);
    // Under pressure who has less than an equal share of all goes first.
    const bool below_average =
        std::int64_t{c.host.sockets} * (std::int64_t{held_.pages()} + pages) < settings.tcp_mem[2];
    if (has_little || !c.host.memory.under_pressure() || below_average) return true;
  }
  return use == MemoryUse::send && exceeds_shrunk_buffer(queued, size);
}

/// The send buffer shrinks to half of what is queued, but whoever would go beyond it now cannot
/// wait for room in it, so it gets the memory (Linux, sk_stream_moderate_sndbuf).
bool Endpoint::exceeds_shrunk_buffer(std::uint32_t queued, std::uint32_t size) {
  if (options_->sndbuf == 0) buffer_.shrink(queued);
  return std::uint64_t{queued} + size >= buffer_.bytes();
}

/// How many of `wanted` octets there is memory for, in a chunk that is begun or new (Linux,
/// tcp_stream_alloc_skb and tcp_wmem_schedule). Up to tcp_wmem[0] everybody gets.
std::uint32_t Endpoint::memory_to_send(std::uint32_t wanted, Chunk chunk, Context& c) {
  std::uint32_t begun = 0;
  if (chunk == Chunk::fresh) {
    const bool nothing_queued = queue_.empty() && !after(buffer_.end(), snd_.una());
    if (!nothing_queued && !take_memory(MemoryUse::send, 0, chunk_overhead, c)) return 0;
    begun = chunk_overhead;
  }
  if (take_memory(MemoryUse::send, begun, wanted, c)) return wanted;
  const std::uint32_t queued = bytes_to_send() + begun;
  const auto assured = static_cast<std::uint32_t>(c.host.settings().tcp_wmem[0]);
  const std::uint32_t spared = assured > queued ? assured - queued : 0;
  const std::uint64_t used = std::uint64_t{queued} + window_.memory();
  const std::uint64_t enough = std::max<std::uint64_t>(
      held_.bytes(), std::uint64_t{SocketMemory::page_bytes} *
                         SocketMemory::pages_for(used + std::min(spared, wanted)));
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(wanted, enough > used ? enough - used : 0));
}

/// Whether a segment may be kept for the application (Linux, tcp_try_rmem_schedule). Only what
/// header prediction takes is not asked whether the buffer has room.
bool Endpoint::memory_to_keep(const Segment& seg, Context& c) {
  const auto surroundings = receiving(c);
  const std::uint32_t size = window_.memory_of(seg, surroundings);
  const bool overfull = window_.is_overfull() && !predicted_;
  if (!overfull && take_memory(MemoryUse::receive, 0, size, c)) return true;
  if (window_.memory() > 0) ++c.host.counters.PruneCalled;
  if (overfull) acks_.slow_down();
  const std::optional<Seq> end = window_.end_of_early();
  bool room = window_.make_room(seg.seq, surroundings);
  while (room && !take_memory(MemoryUse::receive, 0, size, c)) {
    room = window_.prune(seg.seq, surroundings);
  }
  if (window_.end_of_early() != end) received_.forget_beyond(window_.end_of_early());
  return room;
}

/// Bytes that it holds of the host's memory and does not use (Linux, sk_forward_alloc).
std::uint64_t Endpoint::memory_to_spare() const {
  const std::uint64_t used = std::uint64_t{bytes_to_send()} + window_.memory();
  return held_.bytes() > used ? held_.bytes() - used : 0;
}

/// Send buffers grow only below the low limit (Linux, tcp_should_expand_sndbuf).
bool Endpoint::memory_allows_growth(const Context& c) {
  return !c.host.memory.under_pressure() && c.host.memory.pages() < c.host.settings().tcp_mem[0];
}

/// When a sender that found no memory tries again, unless room in its buffer wakes it: after 2 to
/// HZ/5 + 1 jiffies (Linux, sk_stream_wait_memory).
SimTime Endpoint::try_again_at(const Context& c) const {
  const auto choices = static_cast<std::uint64_t>(200ms / c.host.grid.jiffy());
  const auto now = static_cast<std::uint64_t>(c.now.time_since_epoch().count());
  const std::uint64_t ports = std::uint64_t{local_port_} << 16 | remote_port_;
  const auto jiffies = static_cast<std::int64_t>(c.host.keyed_hash(now, ports) % choices) + 2;
  return c.host.grid.expiry(c.now, jiffies * c.host.grid.jiffy());
}

/// To save a segment's memory the FIN becomes part of the last one that was sent already, and goes
/// when that is sent again (Linux, tcp_send_fin). False where no such segment is left.
bool Endpoint::fin_joins_last_segment() {
  if (queue_.empty() || queue_.back().syn || snd_.nxt() != buffer_.end()) return false;
  queue_.append_fin();
  snd_.sent(1);
  return true;
}

}  // namespace lastack::tcp
