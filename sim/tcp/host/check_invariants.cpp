// What is always true of a host's TCP between two events.
#include <array>
#include <cstdint>

#include "host/stack_impl.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {

namespace {

const Wakeup& wakeup_of(const Endpoint& endpoint) { return endpoint.wakeup(); }
const Wakeup& wakeup_of(const Request& request) { return request.wakeup; }
const Wakeup& wakeup_of(const TimeWait& record) { return record.wakeup; }

}  // namespace

std::size_t Stack::sockets_held() const {
  std::size_t held = 0;
  impl_->sockets_.for_each([&held](std::uint32_t, const Endpoint& endpoint) {
    if (!endpoint.orphan() && endpoint.listener() == Endpoint::no_listener) ++held;
  });
  for (const Listening& listener : impl_->listeners_) held += listener.open ? 1 : 0;
  return held;
}

void Stack::visit_deadlines(const VisitDeadline& visit) const {
  const auto visit_each = [&visit](const auto& records, TimerOwner::Kind kind) {
    records.for_each([&](std::uint32_t index, const auto& record) {
      const Wakeup& wakeup = wakeup_of(record);
      if (wakeup.armed()) visit({kind, index}, wakeup);
    });
  };
  visit_each(impl_->sockets_, TimerOwner::Kind::socket);
  visit_each(impl_->requests_, TimerOwner::Kind::request);
  visit_each(impl_->time_waits_, TimerOwner::Kind::time_wait);
}

void Stack::check_invariants() const {
  std::array<std::uint32_t, state_count> counted{};
  const auto count = [&counted](State state) { ++counted[static_cast<std::size_t>(state)]; };
  impl_->sockets_.for_each([&count](std::uint32_t, const Endpoint& endpoint) {
    endpoint.check_invariants();
    count(endpoint.state());
  });
  impl_->requests_.for_each([&count](std::uint32_t, const Request&) { count(State::syn_rcvd); });
  impl_->time_waits_.for_each(
      [&count](std::uint32_t, const TimeWait& record) { count(record.state); });
  for (const Listening& listener : impl_->listeners_) {
    if (listener.open) count(State::listen);
  }
  for (std::size_t s = 0; s < state_count; ++s) {
    const auto state = static_cast<State>(s);
    if (state != State::closed) LASTACK_ASSERT(counted[s] == census().current(state));
    LASTACK_ASSERT(census().current(state) <= census().peak(state));
  }
}

}  // namespace lastack::tcp
