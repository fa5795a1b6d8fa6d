// The lives of records: what an event on a socket came to, what takes over from it, and when its
// slot is free.

#include "host/stack_impl.hpp"

namespace lastack::tcp {

void Stack::Impl::settle(Endpoint& endpoint, std::uint32_t socket, Context& c) {
  if (endpoint.fate() != Endpoint::Fate::lives && !endpoint.detached()) {
    endpoint.detach();
    const Endpoint::Fate fate = endpoint.fate();
    if (fate == Endpoint::Fate::closed) {
      leave_table(ends_of(endpoint));
    } else {
      make_record(endpoint,
                  fate == Endpoint::Fate::to_time_wait ? State::time_wait : State::fin_wait_2, c);
    }
  } else if (endpoint.fate() == Endpoint::Fate::to_time_wait ||
             endpoint.fate() == Endpoint::Fate::to_fin_wait_2) {
    host_.census.move(c.now, endpoint.state(), State::closed);  // a superseded one has no record
    endpoint.handed_over();
  }
  if (endpoint.holds_memory()) {
    endpoint.settle_memory(c);
  }
  if (endpoint.take_wake() && endpoint.listener() == Endpoint::no_listener) {
    c.out.woken.push_back(SocketId{socket});
  }
  set_deadline({TimerOwner::Kind::socket, socket}, endpoint.wakeup(), endpoint.deadline(), c);
  if (endpoint.state() == State::closed) {
    release_if_done(endpoint, socket);
  }
}

/// TIME-WAIT, or an orphan's FIN-WAIT-2, goes on in a small record.
[[gnu::noinline]] void Stack::Impl::make_record(Endpoint& endpoint, State state, Context& c) {
  if (records_.time_waits.taken() >=
      static_cast<std::uint32_t>(host_.settings().tcp_max_tw_buckets)) {
    ++host_.counters.TCPTimeWaitOverflow;
    c.report_state(endpoint.local(), endpoint.remote(), state, State::closed,
                   StateReason::too_many_in_time_wait);
    host_.census.move(c.now, state, State::closed);
    leave_table(ends_of(endpoint));
  } else {
    const std::uint32_t index = records_.time_waits.take();
    TimeWait& record = records_.time_waits[index];
    const Wakeup kept = record.wakeup;
    record = time_wait_from(endpoint, state);
    record.wakeup = kept;
    record.arm(endpoint.record_lasts(c), c);
    ++host_.counters.TW;
    table_.take_over({TimerOwner::Kind::time_wait, index}, ends_of(record));
    watch(index, c);
  }
  endpoint.handed_over();
}

void Stack::Impl::watch(std::uint32_t index, Context& c) {
  Wakeup& wakeup = records_.time_waits[index].wakeup;
  set_deadline({TimerOwner::Kind::time_wait, index}, wakeup, wakeup.due, c);
}

void Stack::Impl::time_wait_ends(std::uint32_t index, StateReason why, Context& c) {
  TimeWait& record = records_.time_waits[index];
  c.report_state(host_.at(record.local_port), record.remote(), record.state, State::closed, why);
  host_.census.move(c.now, record.state, State::closed);
  leave_table(ends_of(record));
  record.wakeup.due = never;
  host_.forget_answers(record.pair());
  records_.time_waits.release(index);
}

/// The slot of a socket in CLOSED is free once the application has given it up, too.
void Stack::Impl::release_if_done(Endpoint& endpoint, std::uint32_t socket) {
  if (endpoint.orphan() && !endpoint.released()) {
    endpoint.release();
    unbind(socket);
    records_.sockets.release(socket);
    --host_.sockets;
  }
}

}  // namespace lastack::tcp
