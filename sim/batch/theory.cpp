#include "lastack/batch/theory.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::batch {

namespace {

/// Linux compares times by their millisecond stamps.
SimDuration between_stamps(SimTime from, SimTime to) {
  return std::chrono::floor<std::chrono::milliseconds>(to) -
         std::chrono::floor<std::chrono::milliseconds>(from);
}

/// Of two things due at one instant the one that was scheduled first comes first.
bool comes_before(SimTime a, SimTime a_scheduled, SimTime b, SimTime b_scheduled) {
  return a < b || (a == b && a_scheduled <= b_scheduled);
}

}  // namespace

// --- Connecting ---

Transmissions syn_transmissions(const SynPolicy& policy) {
  const SimDuration time_budget =
      tcp::time_of_retries(policy.retries, policy.initial_rto, policy.rto_max);
  const bool counted = policy.budget == tcp::RetryBudget::count;
  const std::int32_t most = policy.retries + (counted ? 0 : policy.linear_timeouts);
  Transmissions syns{{SimDuration::zero()}, {}};
  SimDuration rto = policy.grid.quantize(policy.initial_rto);
  SimTime due = policy.grid.expiry(sim_start, std::min(rto, policy.rto_max));
  for (std::int32_t retries = 0;; ++retries) {
    const bool late = !counted && retries > 0 && between_stamps(sim_start, due) >= time_budget;
    if (retries >= most || late) break;
    syns.sent.push_back(due - sim_start);
    if (retries >= policy.linear_timeouts) rto = doubled(rto, policy.rto_max);
    due = policy.grid.expiry(due, std::min(rto, policy.rto_max));
  }
  syns.gives_up = due - sim_start;
  return syns;
}

std::optional<double> ConnectOdds::mean_time() const {
  if (ok <= 0) return std::nullopt;
  double sum = 0;
  for (const auto& [time, probability] : times) sum += probability * to_seconds(time);
  return sum / ok;
}

namespace {

/// A listener that knows of the client: all that its further SYN-ACKs depend on.
struct Request {
  std::int32_t timeouts = 0;
  SimTime armed;
  SimTime due;
  std::optional<SimTime> answered;  ///< a repeated SYN, last

  friend auto operator<=>(const Request&, const Request&) = default;
};

/// States less likely than this are dropped: thousands of them would not show in any figure.
constexpr double negligible = 1e-18;

/// The walk through time of `connect_odds`.
class Handshake {
 public:
  Handshake(const Transmissions& syns, const SynAckPolicy& listener, const RoundTrip& way)
      : syns_{syns},
        listener_{listener},
        way_{way} {}

  ConnectOdds odds();

 private:
  using States = std::map<std::optional<Request>, double>;  ///< with nothing heard at the client

  States let_timers_run(States before, SimTime until, SimTime until_scheduled);
  States syn_is_sent(const States& before, SimTime arrives);
  std::optional<Request> syn_arrives(std::optional<Request> request, SimTime now, double& unheard);
  void arm(Request& request, SimTime now) const;
  void send_synack(SimTime now, double& unheard);

  const Transmissions& syns_;
  const SynAckPolicy& listener_;
  const RoundTrip& way_;
  std::map<SimTime, double> heard_;  ///< probability that the first SYN-ACK comes then
  double syns_saved_ = 0;            ///< expected number that need not be sent
};

ConnectOdds Handshake::odds() {
  States states{{std::nullopt, 1.0}};
  for (const SimDuration sent : syns_.sent) {
    const SimTime at = sim_start + sent;
    const SimTime arrives = at + way_.delay_there;
    states = let_timers_run(std::move(states), arrives, at);
    states = syn_is_sent(states, arrives);
  }
  // What is sent later than this comes too late.
  const SimTime end = sim_start + syns_.gives_up;
  let_timers_run(std::move(states), end, end);

  ConnectOdds odds;
  for (const auto& [time, probability] : heard_) {
    odds.ok += probability;
    odds.times.emplace_back(time - sim_start, probability);
  }
  odds.ok = std::min(odds.ok, 1.0);  // but for rounding it is
  odds.syns_sent = static_cast<double>(syns_.sent.size()) - syns_saved_;
  return odds;
}

/// Whose SYN-ACK's timer fires before `until`.
Handshake::States Handshake::let_timers_run(States before, SimTime until, SimTime until_scheduled) {
  States after;
  for (auto [state, unheard] : before) {
    std::optional<Request> request = state;
    while (request && comes_before(request->due, request->armed, until, until_scheduled)) {
      if (request->timeouts >= listener_.retries) {
        request.reset();  // the listener has forgotten it, and takes the next SYN for a new one
        break;
      }
      const SimTime now = request->due;
      ++request->timeouts;
      send_synack(now, unheard);
      arm(*request, now);
    }
    after[request] += unheard;
  }
  return after;
}

Handshake::States Handshake::syn_is_sent(const States& before, SimTime arrives) {
  States after;
  for (const auto& [state, unheard] : before) {
    if (unheard < negligible) continue;
    after[state] += unheard * way_.loss_there;
    double still_unheard = unheard * (1 - way_.loss_there);
    const std::optional<Request> request = syn_arrives(state, arrives, still_unheard);
    after[request] += still_unheard;
  }
  return after;
}

std::optional<Request> Handshake::syn_arrives(std::optional<Request> request, SimTime now,
                                              double& unheard) {
  if (!request) {
    request = Request{};
    send_synack(now, unheard);
    arm(*request, now);
    return request;
  }
  switch (listener_.repeated_syn) {
    case tcp::RepeatedSyn::ack: break;  // of no use to a client without the listener's number
    case tcp::RepeatedSyn::synack: send_synack(now, unheard); break;
    case tcp::RepeatedSyn::synack_restart_timer:
      if (request->answered && now < *request->answered + listener_.answer_limit) break;
      request->answered = now;
      send_synack(now, unheard);
      arm(*request, now);
      break;
  }
  return request;
}

void Handshake::arm(Request& request, SimTime now) const {
  SimDuration wait = listener_.initial_rto;
  for (std::int32_t i = 0; i < request.timeouts && wait < listener_.rto_max; ++i) {
    wait = doubled(wait, listener_.rto_max);
  }
  request.armed = now;
  request.due = listener_.grid.expiry(now, std::min(wait, listener_.rto_max));
}

/// Leaves in `unheard` the probability that the client does not get it either.
void Handshake::send_synack(SimTime now, double& unheard) {
  const SimTime arrives = now + way_.delay_back;
  const SimTime end = sim_start + syns_.gives_up;
  const SimTime end_set = sim_start + syns_.sent.back();
  if (comes_before(end, end_set, arrives, now)) return;
  const double hears = unheard * (1 - way_.loss_back);
  unheard -= hears;
  if (hears <= 0) return;
  heard_[arrives] += hears;
  // Those that were not sent by then need not be.
  SimTime set = sim_start;
  const auto is_sent = [&](SimDuration sent) {
    return comes_before(sim_start + sent, std::exchange(set, sim_start + sent), arrives, now);
  };
  const auto rest = std::find_if_not(syns_.sent.begin() + 1, syns_.sent.end(), is_sent);
  syns_saved_ += hears * static_cast<double>(syns_.sent.end() - rest);
}

}  // namespace

ConnectOdds connect_odds(const Transmissions& syns, const SynAckPolicy& listener,
                         const RoundTrip& way) {
  LASTACK_ASSERT(!syns.sent.empty());
  return Handshake{syns, listener, way}.odds();
}

// --- Closing ---

Transmissions fin_transmissions(const FinPolicy& policy) {
  const bool counted = policy.budget == tcp::RetryBudget::count;
  Transmissions fins{{SimDuration::zero()}, {}};
  SimTime now = sim_start;
  if (policy.probe_after) {
    now = policy.grid.expiry(now, *policy.probe_after);
    fins.sent.push_back(now - sim_start);
  }
  SimDuration rto = policy.rto;
  SimTime first;  // of the retries
  for (std::int32_t done = 0;; ++done) {
    now = policy.grid.expiry(now, std::min(rto, policy.rto_max));
    const bool means_more = policy.retries == 0 && rto < policy.rto_max;
    const std::int32_t retries = means_more ? policy.retries_for_0 : policy.retries;
    const SimDuration time = tcp::time_of_retries(retries, tcp::retry_budget_start, policy.rto_max);
    const bool used_up = counted ? done >= retries : done > 0 && between_stamps(first, now) >= time;
    if (used_up) break;
    if (done == 0) first = now;
    fins.sent.push_back(now - sim_start);
    rto = doubled(rto, policy.rto_max);
  }
  fins.gives_up = now - sim_start;
  return fins;
}

CloseOdds close_odds(const Transmissions& fins, const RoundTrip& way) {
  // Each FIN is answered or not, whatever became of the others, so that
  //   P(none of the first k was answered) = (1 - (1 - p)(1 - q))^k,
  // and another one is sent if none of those was whose answer would be here by then.
  const double lost = 1 - (1 - way.loss_there) * (1 - way.loss_back);
  const SimDuration round_trip = way.delay_there + way.delay_back;
  const auto still_waits_at = [&](SimDuration time) {
    double waits = 1;
    for (const SimDuration sent : fins.sent) waits *= sent + round_trip < time ? lost : 1;
    return waits;
  };
  CloseOdds odds;
  odds.gives_up_after = fins.gives_up;
  odds.acknowledged = 1 - still_waits_at(fins.gives_up);
  for (const SimDuration sent : fins.sent) odds.fins_sent += still_waits_at(sent);
  // The expected time is the integral of the probability that it still waits.
  double waits = 1;
  SimDuration since{};
  for (const SimDuration sent : fins.sent) {
    const SimDuration until = std::min(sent + round_trip, fins.gives_up);
    odds.time_until_over += waits * to_seconds(until - since);
    since = until;
    waits *= lost;
  }
  odds.time_until_over += waits * to_seconds(fins.gives_up - since);
  return odds;
}

// --- Ports ---

double port_rate(std::uint64_t ports, SimDuration open_for, SimDuration time_wait) {
  LASTACK_ASSERT(open_for + time_wait > SimDuration::zero());
  return static_cast<double>(ports) / to_seconds(open_for + time_wait);
}

}  // namespace lastack::batch
