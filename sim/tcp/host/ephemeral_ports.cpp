#include "host/ephemeral_ports.hpp"

#include <algorithm>

#include "lastack/core/random_stream.hpp"

namespace lastack::tcp {

namespace {

// What the host's secret is mixed with, so that each hash is of its own.
constexpr std::uint64_t of_peer = 4;
constexpr std::uint64_t of_table = 5;
constexpr std::uint64_t of_choice = 6;

std::uint64_t hash_of(std::uint64_t secret, std::uint64_t purpose, std::uint64_t what) {
  return mixed(mixed(secret + purpose) ^ what);
}

}  // namespace

EphemeralPorts::Start EphemeralPorts::start_of(SimTime now, SocketAddress remote) {
  const std::uint64_t peer =
      std::uint64_t{static_cast<std::uint32_t>(remote.address)} << 16 | remote.port;
  const std::uint64_t hash = hash_of(hash_of(secret_, of_peer, peer), of_peer, period(now));
  const auto place = static_cast<std::uint16_t>(hash);
  auto known = offsets_.find(place);
  if (known == offsets_.end()) {
    const auto first = static_cast<std::uint32_t>(hash_of(secret_, of_table, place));
    known = offsets_.emplace(place, first).first;
  }
  return {place, known->second + static_cast<std::uint32_t>(hash >> 32)};
}

/// A little chance keeps the next one from being guessed.
void EphemeralPorts::move_on(Start start, std::uint32_t step) {
  constexpr std::uint32_t most = 8;
  const auto more = static_cast<std::uint32_t>(chance() % most) * 2;
  offsets_.find(start.place)->second += std::max(step, more) + 2;
}

std::uint64_t EphemeralPorts::chance() { return hash_of(secret_, of_choice, ++choices_); }

}  // namespace lastack::tcp
