// What is always true of a host's TCP between two events.
#include <array>
#include <cstdint>
#include <vector>

#include "host/stack_impl.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {

namespace {

void check_record(const Endpoint& endpoint) { endpoint.check_invariants(); }

void check_record(const Request& request) {
  LASTACK_ASSERT(request.send_scale <= window_scale_max);
  LASTACK_ASSERT(request.receive_scale <= window_scale_max);
}

void check_record(const TimeWait& record) {
  LASTACK_ASSERT(record.state == State::time_wait || record.state == State::fin_wait_2);
}

/// Whether segments find it: not a socket that never had a peer, or that has none any more.
bool is_found(const Endpoint& endpoint) {
  return endpoint.state() != State::closed && !endpoint.detached();
}
bool is_found(const Request& /*request*/) { return true; }
bool is_found(const TimeWait& /*record*/) { return true; }

}  // namespace

std::size_t Stack::sockets_held() const {
  std::size_t held = 0;
  impl_->records_.sockets.for_each([&held](std::uint32_t, const Endpoint& endpoint) {
    if (!endpoint.orphan() && endpoint.listener() == Endpoint::no_listener) ++held;
  });
  for (const Listening& listener : impl_->listeners_) held += listener.open ? 1 : 0;
  return held;
}

void Stack::visit_deadlines(const VisitDeadline& visit) const {
  impl_->records_.for_each([&](TimerOwner owner, const auto& record) {
    if (wakeup_of(record).armed()) visit(owner, wakeup_of(record));
  });
}

void Stack::check_invariants() const {
  impl_->check_records();
  impl_->check_table();
  impl_->check_queues();
  impl_->check_sums();
}

/// Each record by itself, and the census against a recount.
void Stack::Impl::check_records() const {
  std::array<std::uint32_t, state_count> counted{};
  const auto count = [&counted](State state) { ++counted[static_cast<std::size_t>(state)]; };
  records_.for_each([&](TimerOwner, const auto& record) {
    check_record(record);
    count(state_of(record));
  });
  for (const Listening& listener : listeners_) {
    if (listener.open) count(State::listen);
  }
  for (std::size_t s = 0; s < state_count; ++s) {
    const auto state = static_cast<State>(s);
    if (state != State::closed) LASTACK_ASSERT(counted[s] == host_.census.current(state));
    LASTACK_ASSERT(host_.census.current(state) <= host_.census.peak(state));
  }
}

/// Segments find every record that they should, and nothing else.
void Stack::Impl::check_table() const {
  std::size_t expected = 0;
  records_.for_each([&](TimerOwner owner, const auto& record) {
    if (!is_found(record)) return;
    ++expected;
    const Ends ends = ends_of(record);
    const auto found = table_.find(ends.local_port, ends.remote());
    LASTACK_ASSERT(found && *found == owner);
  });
  LASTACK_ASSERT(table_.size() == expected);
}

/// What listeners count, against a recount of requests and of connections to accept.
void Stack::Impl::check_queues() const {
  std::vector<std::uint32_t> requests(listeners_.size());
  std::vector<std::uint32_t> young(listeners_.size());
  records_.requests.for_each([&](std::uint32_t, const Request& r) {
    ++requests.at(r.listener);
    young.at(r.listener) += r.timeouts == 0 ? 1U : 0U;
  });
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    const Listening& listener = listeners_[i];
    LASTACK_ASSERT(listener.requests == requests[i]);
    LASTACK_ASSERT(listener.young_requests == young[i]);
    for (const std::uint32_t socket : listener.accept_queue) {
      LASTACK_ASSERT(records_.sockets[socket].listener() == i);
    }
  }
}

/// What the host counts of all its sockets together.
void Stack::Impl::check_sums() const {
  std::uint32_t sockets = 0;
  std::uint32_t orphans = 0;
  std::int64_t pages = 0;
  records_.sockets.for_each([&](std::uint32_t, const Endpoint& endpoint) {
    ++sockets;
    orphans += endpoint.orphan() && endpoint.fate() == Endpoint::Fate::lives &&
                       endpoint.state() != State::closed
                   ? 1U
                   : 0U;
    pages += endpoint.held_pages();
  });
  for (const Listening& listener : listeners_) sockets += listener.open ? 1U : 0U;
  LASTACK_ASSERT(host_.sockets == sockets);
  LASTACK_ASSERT(host_.orphans == orphans);
  LASTACK_ASSERT(host_.memory.pages() == pages);
}

}  // namespace lastack::tcp
