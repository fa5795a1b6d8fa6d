#include "woken.hpp"

namespace lastack::run {

Woken::Woken(std::size_t hosts, Causes causes) : causes_{causes}, hosts_(hosts) {}

void Woken::add(const Wake& wake, SimTime now) {
  constexpr double hurry = 1.0 / 16;
  constexpr std::uint64_t few = 5;
  constexpr SimDuration soon = 1us;  // no thread wakes faster
  std::optional<RandomStream>& turns = hosts_[wake.host].turns;
  if (wakes_.empty()) {
    woken_at_ = now;
    behind_ = 0;
    turn_ = turns ? saturating_add(now, soon) : now;
    if (turns && turns->bernoulli(hurry)) patience_ = turns->below(few);
  }
  if (causes_ == Causes::kept) note_last_cause(wake);
  wakes_.push_back(wake);
}

/// An application runs once for all that an instant brings to its socket.
void Woken::note_last_cause(const Wake& wake) {
  const auto* socket = std::get_if<tcp::SocketId>(&wake.whom);
  if (socket == nullptr) return;
  std::vector<std::uint64_t>& causes = hosts_[wake.host].last_causes;
  const auto place = static_cast<std::size_t>(*socket);
  if (place >= causes.size()) causes.resize(place + 1, 0);
  causes[place] = wake.cause;
}

std::uint64_t Woken::last_cause(app::HostIndex host, tcp::SocketId socket,
                                std::uint64_t first) const {
  const std::vector<std::uint64_t>& causes = hosts_[host].last_causes;
  const auto place = static_cast<std::size_t>(socket);
  const std::uint64_t last = place < causes.size() ? causes[place] : 0;
  return last > first ? last : 0;
}

void Woken::clear() {
  if (causes_ == Causes::kept) {
    for (const Wake& wake : wakes_) {
      const auto* socket = std::get_if<tcp::SocketId>(&wake.whom);
      if (socket != nullptr) hosts_[wake.host].last_causes[static_cast<std::size_t>(*socket)] = 0;
    }
  }
  wakes_.clear();
  patience_ = unlimited;
}

}  // namespace lastack::run
