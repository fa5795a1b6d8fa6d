// LISTEN (RFC 9293, 3.10.7.2), the SYN queue (SYN-RECEIVED of passive opens) and the accept queue.

#include <algorithm>
#include <string_view>

#include "host/stack_impl.hpp"
#include "lastack/core/assert.hpp"
#include "receive/acceptability.hpp"

namespace lastack::tcp {

namespace {

/// How many SYN-ACK timeouts cover so many seconds (Linux, secs_to_retrans).
std::int32_t timeouts_within(std::int32_t seconds) {
  constexpr std::int32_t longest = 120;
  std::int32_t count = 0;
  std::int32_t wait = 1;
  for (std::int32_t passed = 0; passed < seconds && count < 255; ++count) {
    passed += wait;
    wait = std::min(wait * 2, longest);
  }
  return count;
}

/// Why a handshake that its last segment would complete ends in a reset.
StateReason why_refused(DiscardReason obstacle) {
  return obstacle == DiscardReason::accept_queue ? StateReason::accept_queue_full
                                                 : StateReason::no_memory_for_socket;
}

}  // namespace

// --- User calls ---

Error Stack::listen(SimTime now, Port port, std::int32_t backlog,
                    const std::vector<SocketOptionValue>& options, const FixedIss& iss,
                    ListenerId& listener, Output& out) {
  Context c{impl_->host_, now, out};
  Listening l;
  for (const SocketOptionValue& value : options) {
    l.options.set(value, impl_->host_);
  }
  if (impl_->port_listens(port) ||
      (!l.options.reuse_address && impl_->port_has_connections(port))) {
    return Error::address_in_use;
  }
  l.local = {impl_->host_.config.address, port};
  l.open = true;
  l.backlog = std::min(std::max(backlog, 0), impl_->host_.settings().somaxconn);
  l.iss = iss;
  SocketOptions handed_on = l.options;
  if (impl_->host_.profile.acks == AckPolicy::quick_ack) {
    handed_on.quick_ack = -1;  // of all options the only one that a listener keeps to itself
  }
  l.of_connections = impl_->host_.options_of_new(handed_on);
  const std::uint32_t index = impl_->place_for(std::move(l));
  impl_->listener_of_[port] = index;
  listener = ListenerId{index};
  c.report_state({impl_->host_.config.address, port}, {}, State::closed, State::listen,
                 StateReason::listen);
  c.host.census.move(now, State::closed, State::listen);
  ++c.host.sockets;
  return Error::none;
}

/// Listeners are few at a time; the places of closed ones are used again.
std::uint32_t Stack::Impl::place_for(Listening listener) {
  const auto closed = std::find_if(listeners_.begin(), listeners_.end(),
                                   [](const Listening& l) { return !l.open && l.requests == 0; });
  const auto index = static_cast<std::uint32_t>(closed - listeners_.begin());
  if (closed != listeners_.end()) {
    *closed = std::move(listener);
  } else {
    listeners_.push_back(std::move(listener));
  }
  return index;
}

void Stack::close_listener(SimTime now, ListenerId listener, Output& out) {
  Context c{impl_->host_, now, out};
  const auto index = static_cast<std::uint32_t>(listener);
  Listening& l = impl_->listeners_[index];
  if (!l.open) return;
  l.open = false;
  impl_->listener_of_.erase(l.local.port);
  impl_->full_.clear();  // a port more is free
  c.report_state(l.local, {}, State::listen, State::closed, StateReason::close);
  c.host.census.move(now, State::listen, State::closed);
  --c.host.sockets;
  if (!impl_->host_.profile.requests_outlive_listener) {
    for (const std::uint32_t request : impl_->requests_of(index)) {
      impl_->drop_request(request, StateReason::listener_closed, c);
    }
  }
  while (!l.accept_queue.empty()) {
    const std::uint32_t socket = l.accept_queue.front();
    l.accept_queue.pop_front();
    Endpoint& endpoint = impl_->records_.sockets[socket];
    endpoint.abort(c);
    impl_->settle(endpoint, socket, c);
  }
}

std::vector<std::uint32_t> Stack::Impl::requests_of(std::uint32_t listener) const {
  std::vector<std::uint32_t> found;
  table_.for_each([&](TimerOwner owner) {
    if (owner.kind == TimerOwner::Kind::request &&
        records_.requests[owner.index].listener == listener) {
      found.push_back(owner.index);
    }
  });
  std::sort(found.begin(), found.end());
  return found;
}

// --- LISTEN ---

Listening* Stack::Impl::listener_at(Port port, std::uint32_t& index) {
  const auto found = listener_of_.find(port);
  if (found == listener_of_.end()) return nullptr;
  index = found->second;
  return &listeners_[index];
}

bool Stack::Impl::port_listens(Port port) const {
  return !listener_of_.empty() && listener_of_.contains(port);
}

void Stack::Impl::segment_arrives_listen(std::uint32_t listener, const Segment& seg,
                                         std::optional<Seq> iss, Context& c) {
  if (seg.flags.has(Flags::rst)) {  // first
    c.discard(DiscardReason::rst_in_listen);
    return;
  }
  if (seg.flags.has(Flags::ack)) {  // second
    if (!seg.flags.has(Flags::syn)) {
      if (const auto agreed = check_cookie(listeners_[listener], seg, c)) {
        third_segment_of_cookie(listener, *agreed, seg, c);
        return;
      }
    }
    no_socket(seg, c);
    return;
  }
  const bool fin_too = seg.flags.has(Flags::fin) && host_.profile.drops_syn_with_fin;
  if (seg.flags.has(Flags::syn) && !fin_too) {  // third
    syn_arrives(listener, seg, iss, c);
    return;
  }
  c.discard(DiscardReason::no_syn);  // fourth
}

/// One that a list has for it, one that follows TIME-WAIT's, one for all, or the host's choice.
Seq Stack::Impl::iss_of_next(Listening& l, const Segment& syn, std::optional<Seq> after_time_wait,
                             const Context& c) const {
  const std::uint64_t number = l.connections++;
  if (const auto listed = l.iss.listed(number)) return *listed;
  if (after_time_wait) return *after_time_wait;
  return l.iss.of(number).value_or(host_.choose_iss(c.now, syn.dst.port, syn.src));
}

void Stack::Impl::syn_arrives(std::uint32_t listener, const Segment& seg, std::optional<Seq> iss,
                              Context& c) {
  Listening& l = listeners_[listener];
  const Admission admission = admit(l, iss.has_value(), c);
  if (admission == Admission::refused) {
    ++host_.counters.ListenDrops;
    return;
  }
  Request request = request_from(seg, host_, l.options, c.now);
  request.listener = static_cast<std::uint16_t>(listener);
  if (l.options.max_seg != 0 && seg.options.mss != 0) {  // no cookie remembers that
    request.peer_mss = std::min(request.peer_mss, l.options.max_seg);
  }
  if (admission == Admission::cookie) {
    send_cookie(l, request, c);
    return;
  }
  request.iss = iss_of_next(l, seg, iss, c);
  if (host_.config.handshake == Handshake::two_way) {
    open_two_way(listener, request, c);
    return;
  }
  add_request(listener, request, c);
}

/// Whether there is room for one more (Linux, tcp_conn_request).
Stack::Impl::Admission Stack::Impl::admit(Listening& l, bool from_time_wait, Context& c) {
  const Settings& settings = host_.settings();
  bool cookie = false;
  if ((settings.tcp_syncookies == 2 || l.syn_queue_full()) && !from_time_wait) {
    if (settings.tcp_syncookies == 0) {
      ++host_.counters.TCPReqQFullDrop;
      c.discard(DiscardReason::syn_queue);
      return Admission::refused;
    }
    ++host_.counters.TCPReqQFullDoCookies;
    cookie = true;
  }
  if (l.accept_queue_full()) {
    ++host_.counters.ListenOverflows;
    c.discard(DiscardReason::accept_queue);
    return Admission::refused;
  }
  // Without cookies the last quarter of tcp_max_syn_backlog is kept for peers known to be alive.
  // Differs: Linux knows those that it has metrics of (tcp_peer_is_proven); here nobody is.
  const std::int64_t left = std::int64_t{settings.tcp_max_syn_backlog} - l.requests;
  if (!cookie && !from_time_wait && settings.tcp_syncookies == 0 &&
      left < settings.tcp_max_syn_backlog >> 2) {
    c.discard(DiscardReason::syn_queue);
    return Admission::refused;
  }
  return cookie ? Admission::cookie : Admission::request;
}

void Stack::Impl::add_request(std::uint32_t listener, Request request, Context& c) {
  const std::uint32_t index = records_.requests.take();
  request.wakeup = records_.requests[index].wakeup;
  records_.requests[index] = request;
  Listening& l = listeners_[listener];
  ++l.requests;
  ++l.young_requests;
  table_.enter({TimerOwner::Kind::request, index});
  c.report_state(host_.at(request.local_port), request.remote(), State::closed, State::syn_rcvd,
                 StateReason::syn_arrives);
  host_.census.move(c.now, State::closed, State::syn_rcvd);
  arm_request(index, c);
  send_synack(index, SendReason::synack, c);
}

void Stack::Impl::send_synack(std::uint32_t index, SendReason why, Context& c) {
  Request& r = records_.requests[index];
  const SocketOptions& options = listeners_[r.listener].options;
  r.retransmits += why == SendReason::synack ? 0 : 1;
  r.last_sent = c.now;
  if (host_.config.handshake == Handshake::four_way) {
    c.send(ack_of_syn(r, host_, c.now), SendReason::ack);
    c.send(synack_of(r, host_, options, Flags::syn, c.now), why);
    return;
  }
  c.send(synack_of(r, host_, options, Flags::syn | Flags::ack, c.now), why);
}

/// The listener believes the connection open with the SYN alone.
void Stack::Impl::open_two_way(std::uint32_t listener, const Request& request, Context& c) {
  c.send(synack_of(request, host_, listeners_[listener].options, Flags::syn | Flags::ack, c.now),
         SendReason::synack);
  c.report_state(host_.at(request.local_port), request.remote(), State::closed, State::established,
                 StateReason::syn_arrives);
  host_.census.move(c.now, State::closed, State::established);
  const std::uint32_t child =
      make_child(request.agreed(host_, c.now), listener, State::established, c);
  table_.enter({TimerOwner::Kind::socket, child});
  settle(records_.sockets[child], child, c);
}

// --- SYN-RECEIVED (RFC 9293, 3.10.7.4; Linux, tcp_check_req) ---

void Stack::Impl::segment_arrives_request(std::uint32_t index, const Segment& seg, Context& c) {
  Request& r = records_.requests[index];
  if (!listeners_[r.listener].open) {  // it is found out now; perhaps somebody else listens
    drop_request(index, StateReason::listener_closed, c);
    segment_arrives_unconnected(seg, std::nullopt, c);
    return;
  }
  // TS.Recent is as old as the request, which never lives for days.
  const bool outdated =
      r.timestamps && paws_rejects(seg, r.ts_recent, c.now, host_.profile.paws, c.now);
  const bool only_syn = seg.flags.without(Flags::psh) == Flags::syn;
  if (only_syn && seg.seq == r.irs && !outdated) {
    syn_repeated(index, seg, c);
    return;
  }
  const bool reset = seg.flags.has(Flags::rst);
  const bool ack_matters = !reset || !host_.profile.exact_request_resets;
  if (ack_matters && seg.flags.has(Flags::ack) && seg.ack != r.iss + 1) {
    no_socket(seg, c);  // an old duplicate: RST (RFC 9293, 3.10.7.4, fifth)
    return;
  }
  const bool echoes_wrong = r.echoes_no_synack(seg, host_);
  if (outdated || echoes_wrong || !acceptable_to_record(seg, r.irs + 1, r.offer)) {
    if (outdated) ++host_.counters.PAWSEstab;
    if (echoes_wrong && !outdated) ++host_.counters.TSEcrRejected;
    c.discard(DiscardReason::unacceptable);
    if (!reset && !host_.invalid_answer_limited(seg, c.now, r.pair())) {
      c.send(ack_of(r, host_, c.now), SendReason::dup_ack);
    }
    return;
  }
  if (reset || (seg.flags.has(Flags::syn) && seg.seq != r.irs)) {
    request_cut_off(index, seg, c);
    return;
  }
  if (!seg.flags.has(Flags::ack)) {
    c.discard(DiscardReason::no_ack);
    return;
  }
  third_segment(index, seg, c);
}

/// A RST or another SYN in the window: back to LISTEN.
void Stack::Impl::request_cut_off(std::uint32_t index, const Segment& seg, Context& c) {
  Request& r = records_.requests[index];
  if (seg.flags.has(Flags::rst)) {
    if (host_.profile.exact_request_resets && seg.seq != r.irs + 1) {
      c.discard(DiscardReason::challenged);
      // At the very end of the window Linux takes it for one inside.
      const bool inside =
          host_.profile.window_follows_traffic || tcp::acceptable(seg, r.irs + 1, r.offer);
      if (inside && !host_.invalid_answer_limited(c.now, r.pair())) {
        c.send(ack_of(r, host_, c.now), SendReason::challenge);  // RFC 5961, 3.2
      }
      return;
    }
    ++host_.counters.AttemptFails;
    drop_request(index, StateReason::rst_arrives, c);
    return;
  }
  ++host_.counters.AttemptFails;
  if (host_.profile.repeated_syn !=
      RepeatedSyn::ack) {  // RFC 9293, 3.10.7.4, fourth, just
                           // returns; RFC 793 and Linux reset the peer
    c.send(reset_for(seg), SendReason::reset);
  }
  drop_request(index, StateReason::syn_in_window, c);
}

/// The same SYN once more: the SYN-ACK may be lost.
void Stack::Impl::syn_repeated(std::uint32_t index, const Segment& /*seg*/, Context& c) {
  Request& r = records_.requests[index];
  switch (host_.profile.repeated_syn) {
    case RepeatedSyn::ack: c.send(ack_of(r, host_, c.now), SendReason::dup_ack); break;
    case RepeatedSyn::synack: send_synack(index, SendReason::synack_repeat, c); break;
    case RepeatedSyn::synack_restart_timer:
      if (host_.invalid_answer_limited(c.now, r.pair())) {
        ++host_.counters.TCPACKSkippedSynRecv;
        c.discard(DiscardReason::answer_limited);
        return;
      }
      send_synack(index, SendReason::synack_repeat, c);
      arm_request(index, c);
      break;
  }
}

/// The ACK that completes the handshake.
void Stack::Impl::third_segment(std::uint32_t index, const Segment& seg, Context& c) {
  Request& r = records_.requests[index];
  Listening& l = listeners_[r.listener];
  const bool bare = seg.end() == r.irs + 1;
  if (bare && r.timeouts < timeouts_within(l.options.defer_accept_s)) {
    r.acked = true;  // TCP_DEFER_ACCEPT: not before there is data
    ++host_.counters.TCPDeferAcceptDrop;
    c.discard(DiscardReason::defer_accept);
    return;
  }
  if (const auto obstacle = obstacle_to_child(l)) {
    c.discard(*obstacle);
    if (host_.settings().tcp_abort_on_overflow != 0) {
      c.send(reset_for(seg), SendReason::reset);
      drop_request(index, why_refused(*obstacle), c);
    } else {
      r.acked = true;  // the SYN-ACK's timer tries again
    }
    return;
  }
  Negotiated agreed = r.agreed(host_, c.now);
  if (r.first_synack_came(seg, host_)) agreed.synacks_lost = false;
  if (r.timestamps && seg.options.has_timestamps && at_or_before(seg.seq, r.irs + 1)) {
    agreed.ts_recent = seg.options.ts_val;
  }
  const std::uint32_t listener = r.listener;
  host_.forget_answers(r.pair());  // the connection has a budget of its own
  forget_request(index, c);
  const std::uint32_t child = make_child(agreed, listener, State::syn_rcvd, c);
  table_.take_over({TimerOwner::Kind::socket, child}, ends_of(records_.sockets[child]));
  Endpoint& endpoint = records_.sockets[child];
  endpoint.segment_arrives(seg, c);
  settle(endpoint, child, c);
}

/// Why no connection can be made now for the accept queue, if so (Linux, tcp_v4_syn_recv_sock).
std::optional<DiscardReason> Stack::Impl::obstacle_to_child(const Listening& l) {
  const bool overflow = l.accept_queue_full();
  if (!overflow && host_.has_room_for_socket()) return std::nullopt;
  host_.counters.ListenOverflows += overflow ? 1U : 0U;
  ++host_.counters.ListenDrops;
  return overflow ? DiscardReason::accept_queue : DiscardReason::socket_limit;
}

void Stack::Impl::third_segment_of_cookie(std::uint32_t listener, const Negotiated& agreed,
                                          const Segment& seg, Context& c) {
  if (const auto obstacle = obstacle_to_child(listeners_[listener])) {
    c.discard(*obstacle);
    return;
  }
  c.report_state(agreed.local, agreed.remote, State::closed, State::syn_rcvd,
                 StateReason::cookie_arrives);
  host_.census.move(c.now, State::closed, State::syn_rcvd);
  const std::uint32_t child = make_child(agreed, listener, State::syn_rcvd, c);
  table_.enter({TimerOwner::Kind::socket, child});
  Endpoint& endpoint = records_.sockets[child];
  endpoint.segment_arrives(seg, c);
  settle(endpoint, child, c);
}

/// A connection for the accept queue; who calls enters it in the table.
std::uint32_t Stack::Impl::make_child(const Negotiated& agreed, std::uint32_t listener, State from,
                                      Context& c) {
  const std::uint32_t index = records_.sockets.take();
  ++host_.sockets;
  Listening& l = listeners_[listener];
  records_.sockets[index].open_passive(agreed, l.of_connections, from, c);
  records_.sockets[index].waits_at(listener);
  ++host_.counters.PassiveOpens;
  l.accept_queue.push_back(index);
  c.out.acceptable.push_back(ListenerId{listener});
  return index;
}

// --- The SYN-ACK's timer (Linux, reqsk_timer_handler) ---

void Stack::Impl::arm_request(std::uint32_t index, Context& c) {
  Request& r = records_.requests[index];
  constexpr SimDuration linux_max = 120s;  // TCP_RTO_MAX, whatever tcp_rto_max_ms is
  const bool as_linux = host_.profile.rto_formula == RtoFormula::linux;
  const SimDuration longest = as_linux ? linux_max : host_.rto_limits().max;
  const SimDuration wait = doubled(host_.config.initial_rto, r.timeouts, longest);
  const SimTime due = host_.grid.expiry(c.now, wait, ++timers_of_requests_);
  c.report_timer(host_.at(r.local_port), r.remote(), Timer::synack, TimerAction::arm, due);
  set_deadline({TimerOwner::Kind::request, index}, r.wakeup, due, c);
}

/// A long SYN queue sheds old requests early, so that half of it stays for young ones.
std::int32_t Stack::Impl::synack_retries(const Listening& l) const {
  std::int32_t retries =
      l.options.syn_count != 0 ? l.options.syn_count : host_.settings().tcp_synack_retries;
  const bool sheds = host_.profile.retry_budget == RetryBudget::elapsed_time;
  if (sheds && std::int64_t{l.requests} * 2 > std::max(8, l.backlog)) {
    std::int64_t young = std::int64_t{l.young_requests} * 2;
    while (retries > 2 && l.requests >= young) {
      --retries;
      young *= 2;
    }
  }
  return retries;
}

void Stack::Impl::request_timeout(std::uint32_t index, Context& c) {
  Request& r = records_.requests[index];
  if (r.wakeup.due > c.now) return;
  Listening& l = listeners_[r.listener];
  c.report_timer(host_.at(r.local_port), r.remote(), Timer::synack, TimerAction::fire,
                 r.wakeup.due);
  r.wakeup.due = never;
  if (!l.open) {
    drop_request(index, StateReason::listener_closed, c);
    return;
  }
  const std::int32_t retries = synack_retries(l);
  const std::int32_t deferred = timeouts_within(l.options.defer_accept_s);
  bool expired = r.timeouts >= retries;
  bool resend = true;
  if (deferred > 0) {
    // A request that was acknowledged waits for data; near the end one SYN-ACK gives a last chance.
    expired = expired && (!r.acked || r.timeouts >= deferred);
    resend = !r.acked || r.timeouts >= deferred - 1;
  }
  if (expired) {
    if (host_.profile.request_expiry == RequestExpiry::reset) {
      Segment reset;
      reset.src = host_.at(r.local_port);
      reset.dst = r.remote();
      reset.flags = Flags::rst;
      reset.seq = r.iss + 1;
      c.send(reset, SendReason::reset);
    }
    drop_request(index, StateReason::retries_used_up, c);
    return;
  }
  ++host_.counters.TCPTimeouts;
  if (r.timeouts++ == 0) {
    --l.young_requests;
  }
  if (resend) {
    send_synack(index, SendReason::synack_timeout, c);
  }
  arm_request(index, c);
}

void Stack::Impl::drop_request(std::uint32_t index, StateReason why, Context& c) {
  const Request& r = records_.requests[index];
  c.report_state(host_.at(r.local_port), r.remote(), State::syn_rcvd, State::closed, why);
  host_.census.move(c.now, State::syn_rcvd, State::closed);
  leave_table(ends_of(r));
  host_.forget_answers(r.pair());
  forget_request(index, c);
}

void Stack::Impl::forget_request(std::uint32_t index, Context& c) {
  Request& r = records_.requests[index];
  Listening& l = listeners_[r.listener];
  --l.requests;
  if (r.timeouts == 0) {
    --l.young_requests;
  }
  if (r.wakeup.armed()) {
    c.report_timer(host_.at(r.local_port), r.remote(), Timer::synack, TimerAction::cancel,
                   r.wakeup.due);
    r.wakeup.due = never;
  }
  records_.requests.release(index);
}

}  // namespace lastack::tcp
