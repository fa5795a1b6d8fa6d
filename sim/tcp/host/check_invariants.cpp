// What is always true of a host's TCP between two events.
#include <array>
#include <cstdint>

#include "host/stack_impl.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {

std::size_t Stack::sockets_held() const {
  std::size_t held = 0;
  impl_->sockets_.for_each([&held](const Endpoint& endpoint) {
    if (!endpoint.orphan() && endpoint.listener() == Endpoint::no_listener) ++held;
  });
  for (const Listening& listener : impl_->listeners_) held += listener.open ? 1 : 0;
  return held;
}

void Stack::check_invariants() const {
  std::array<std::uint32_t, state_count> counted{};
  const auto count = [&counted](State state) { ++counted[static_cast<std::size_t>(state)]; };
  impl_->sockets_.for_each([&count](const Endpoint& endpoint) { count(endpoint.state()); });
  impl_->requests_.for_each([&count](const Request&) { count(State::syn_rcvd); });
  impl_->time_waits_.for_each([&count](const TimeWait& record) { count(record.state); });
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
