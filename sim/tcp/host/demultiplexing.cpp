// Which connection, request, record or listener a segment or a timeout concerns.

#include "host/stack_impl.hpp"

namespace lastack::tcp {

// --- Segments ---

void Stack::Impl::segment_arrives(const Segment& seg, Context& c) {
  ++host_.counters.InSegs;
  const std::optional<TimerOwner> target = table_.find(seg.dst.port, seg.src);
  if (!target) {
    segment_arrives_unconnected(seg, std::nullopt, c);
  } else if (supersedes(seg, *target)) {
    supersede(*target);
    segment_arrives_unconnected(seg, std::nullopt, c);
  } else {
    records_.with(*target, [&](auto& record) { arrives_at(record, target->index, seg, c); });
  }
}

void Stack::Impl::arrives_at(Endpoint& endpoint, std::uint32_t index, const Segment& seg,
                             Context& c) {
  endpoint.segment_arrives(seg, c);
  settle(endpoint, index, c);
}

void Stack::Impl::arrives_at(Request& /*request*/, std::uint32_t index, const Segment& seg,
                             Context& c) {
  segment_arrives_request(index, seg, c);
}

void Stack::Impl::arrives_at(TimeWait& record, std::uint32_t index, const Segment& seg,
                             Context& c) {
  switch (record.segment_arrives(seg, c)) {
    case TimeWait::Verdict::stays: watch(index, c); break;
    case TimeWait::Verdict::gone: time_wait_ends(index, StateReason::ended_early, c); break;
    case TimeWait::Verdict::new_syn: {
      if (!port_listens(seg.dst.port)) {
        if (host_.profile.time_wait_answers_unheard_syn) {
          record.syn_without_listener(c);
        } else {
          no_socket(seg, c);
        }
        break;
      }
      const Seq iss = record.next_iss();
      time_wait_ends(index, StateReason::new_connection, c);
      segment_arrives_unconnected(seg, iss, c);
      break;
    }
  }
}

/// A listener's business, or nobody's. `iss` follows a connection in TIME-WAIT.
void Stack::Impl::segment_arrives_unconnected(const Segment& seg, std::optional<Seq> iss,
                                              Context& c) {
  std::uint32_t listener = 0;
  if (listener_at(seg.dst.port, listener) != nullptr) {
    segment_arrives_listen(listener, seg, iss, c);
  } else {
    no_socket(seg, c);
  }
}

/// CLOSED (RFC 9293, 3.10.7.1).
void Stack::Impl::no_socket(const Segment& seg, Context& c) {
  c.discard(DiscardReason::no_socket);
  const bool answer_to_syn = seg.flags.has(Flags::syn) && seg.flags.has(Flags::ack);
  if (host_.config.handshake == Handshake::two_way && answer_to_syn) {
    return;  // without a third segment nobody expects an answer to a SYN-ACK
  }
  if (!seg.flags.has(Flags::rst)) c.send(reset_for(seg), SendReason::reset);
}

/// Under a two-way handshake every SYN is a new connection: the listener cannot know better.
bool Stack::Impl::supersedes(const Segment& seg, TimerOwner target) const {
  return host_.config.handshake == Handshake::two_way && target.kind == TimerOwner::Kind::socket &&
         seg.flags.has(Flags::syn) && !seg.flags.has(Flags::ack) && port_listens(seg.dst.port) &&
         records_.sockets[target.index].state() != State::syn_sent;
}

/// Leaves the old connection to itself: nothing reaches it any more.
void Stack::Impl::supersede(TimerOwner target) {
  Endpoint& old = records_.sockets[target.index];
  leave_table(ends_of(old));
  old.detach();
}

// --- Timeouts ---

void Stack::Impl::timeout(TimerOwner owner, Context& c) {
  records_.with(owner, [&](auto& record) { timeout_of(record, owner.index, c); });
}

void Stack::Impl::timeout_of(Endpoint& endpoint, std::uint32_t index, Context& c) {
  endpoint.timeout(c);
  settle(endpoint, index, c);
}

void Stack::Impl::timeout_of(Request& /*request*/, std::uint32_t index, Context& c) {
  request_timeout(index, c);
}

void Stack::Impl::timeout_of(TimeWait& record, std::uint32_t index, Context& c) {
  if (record.wakeup.due > c.now) return;
  record.report(TimerAction::fire, c);
  time_wait_ends(index, StateReason::timeout, c);
}

}  // namespace lastack::tcp
