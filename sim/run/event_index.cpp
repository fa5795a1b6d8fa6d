#include "event_index.hpp"

#include <algorithm>
#include <limits>
#include <variant>

namespace lastack::run {

namespace {

using scenario::Fate;

constexpr std::pair every_host{net::NodeIndex{0}, std::numeric_limits<net::NodeIndex>::max()};

std::uint8_t fate_bit(Fate fate) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(fate));
}

tcp::State state_after(const trace::Event& event) {
  return std::get<trace::StateChange>(event.what).to;
}

bool listens_in(const std::vector<tcp::State>& path) {
  return std::find(path.begin(), path.end(), tcp::State::listen) != path.end();
}

/// Events are in the order of their times.
template <class Events> auto first_at(const Events& events, SimTime at) {
  return std::lower_bound(events.begin(), events.end(), at,
                          [](const trace::Event* event, SimTime time) { return event->at < time; });
}
template <class Events> auto first_after(const Events& events, SimTime at) {
  return std::upper_bound(events.begin(), events.end(), at,
                          [](SimTime time, const trace::Event* event) { return time < event->at; });
}

}  // namespace

EventIndex::EventIndex(const scenario::Scenario& scenario, const scenario::World& world,
                       const trace::Recording& recording)
    : world_{world} {
  for (const scenario::Expectation& each : scenario.expectations) ask(each);
  for (auto& [key, sockets] : sockets_) {
    std::stable_sort(sockets.questions.begin(), sockets.questions.end(),
                     [](const Question& a, const Question& b) { return a.at < b.at; });
  }
  if (!segments_.empty()) {
    for (const trace::Event& event : recording.events()) note_fate(event);
  }
  for (const trace::Event& event : recording.events()) note(event);
  for (auto& [key, sockets] : sockets_) {
    for (; sockets.answered < sockets.questions.size(); ++sockets.answered) {
      answers_[sockets.questions[sockets.answered].expect] = sockets.now;
    }
  }
}

// --- What is asked ---

EventIndex::Hosts EventIndex::hosts(const std::optional<scenario::HostRef>& ref) const {
  if (!ref) return every_host;
  const net::HostRange range = world_.hosts(*ref);
  return {range.first, range.last};
}

/// What an expectation may call the host: itself, or with its group. Alike where it has none.
std::array<EventIndex::Hosts, 2> EventIndex::that_hold(trace::HostId host) const {
  const auto index = static_cast<net::NodeIndex>(host);
  if (index >= world_.host_count()) return {Hosts{index, index}, Hosts{index, index}};
  return {Hosts{index, index}, hosts(scenario::HostRef{world_.group(index), std::nullopt})};
}

EventIndex::SocketKey EventIndex::key(const scenario::SocketRef& ref, bool listening) const {
  std::optional<std::pair<Hosts, tcp::Port>> peer;
  if (ref.peer && !listening) peer.emplace(hosts(ref.peer->first), ref.peer->second);
  return {hosts(ref.host), ref.port, listening, peer};
}

void EventIndex::ask(const scenario::Expectation& expectation) {
  if (const auto* segments = std::get_if<scenario::ExpectSegments>(&expectation.what)) {
    segments_[{hosts(segments->filter.from), hosts(segments->filter.to)}];
  } else if (const auto* call = std::get_if<scenario::ExpectCall>(&expectation.what)) {
    const auto result = call->count ? call->result : std::nullopt;
    calls_[{call->call, hosts(call->host)}][{call->who, result}];
  } else if (const auto* state = std::get_if<scenario::ExpectState>(&expectation.what)) {
    OfSockets& sockets = sockets_[key(state->socket, state->state == tcp::State::listen)];
    sockets.questions.push_back({state->at.value_or(never), state});
  } else if (const auto* path = std::get_if<scenario::ExpectPath>(&expectation.what)) {
    sockets_[key(path->socket, listens_in(path->path))].wants_path = true;
  }
}

// --- What happened ---

void EventIndex::note_fate(const trace::Event& event) {
  if (const auto* drop = std::get_if<trace::Drop>(&event.what)) {
    fates_[drop->id] |= fate_bit(Fate::dropped);
    if (drop->place == trace::DropPlace::wire) fates_[drop->id] |= fate_bit(Fate::lost);
  } else if (const auto* delay = std::get_if<trace::Delay>(&event.what)) {
    fates_[delay->id] |= fate_bit(Fate::delayed);
  } else if (const auto* duplicate = std::get_if<trace::Duplicate>(&event.what)) {
    fates_[duplicate->id] |= fate_bit(Fate::duplicated);
  } else if (const auto* receive = std::get_if<trace::Receive>(&event.what)) {
    fates_[receive->id] |= fate_bit(Fate::delivered);
  }
}

void EventIndex::note(const trace::Event& event) {
  if (const auto* change = std::get_if<trace::StateChange>(&event.what)) {
    if (!sockets_.empty()) note_change(event, *change);
  } else if (const auto* send = std::get_if<trace::Send>(&event.what)) {
    if (!segments_.empty()) note_segment(event, *send);
  } else if (const auto* call = std::get_if<trace::AppCall>(&event.what)) {
    if (!calls_.empty()) note_call(event, *call);
  }
}

void EventIndex::note_segment(const trace::Event& event, const trace::Send& send) {
  if (send.forged || send.protocol != trace::Protocol::tcp) return;
  const auto fates = fates_.find(send.id);
  const Traits traits{send.segment.flags.without(tcp::Flags::psh).bits(), send.segment.data > 0,
                      send.why, fates == fates_.end() ? std::uint8_t{0} : fates->second};
  const auto names_of = [this](trace::HostId host) {
    const auto [alone, group] = that_hold(host);
    std::vector<Hosts> names{every_host, alone};
    if (group != alone) names.push_back(group);
    return names;
  };
  for (const Hosts& from : names_of(send.src.host)) {
    for (const Hosts& to : names_of(send.dst.host)) {
      const auto asked = segments_.find({from, to});
      if (asked != segments_.end()) asked->second[traits].push_back(&event);
    }
  }
}

void EventIndex::note_call(const trace::Event& event, const trace::AppCall& call) {
  const auto [alone, group] = that_hold(call.host);
  const auto note = [&](const Hosts& hosts) {
    const auto asked = calls_.find({call.call, hosts});
    if (asked == calls_.end()) return;
    const std::string who = text_of(call.who);
    const std::string result = trace::text_of(call.result);
    for (const std::string& by : {std::string{}, who}) {
      for (const auto& with : {std::optional<std::string>{}, std::optional{result}}) {
        const auto details = asked->second.find({by, with});
        if (details != asked->second.end()) details->second.push_back(&event);
      }
      if (who.empty()) break;
    }
  };
  note(alone);
  if (group != alone) note(group);
}

void EventIndex::note_change(const trace::Event& event, const trace::StateChange& change) {
  const bool listens = change.remote.port == 0;
  const trace::End remote = listens ? trace::End{} : change.remote;
  const auto number = [](trace::End end) { return static_cast<std::uint64_t>(end.host); };
  const SocketId id{number(change.local) << 32 | number(remote),
                    std::uint32_t{change.local.port} << 16 | std::uint32_t{remote.port}};
  Socket& socket = lives_[id];
  const auto [alone, group] = that_hold(change.local.host);
  std::vector<Hosts> locals{alone};
  if (group != alone) locals.push_back(group);
  std::vector<std::optional<std::pair<Hosts, tcp::Port>>> peers{std::nullopt};
  if (!listens) {
    const auto [peer, peers_group] = that_hold(remote.host);
    peers.emplace_back(std::pair{peer, remote.port});
    if (peers_group != peer) peers.emplace_back(std::pair{peers_group, remote.port});
  }
  for (const Hosts& local : locals) {
    for (const auto& peer : peers) {
      const auto asked = sockets_.find({local, change.local.port, listens, peer});
      if (asked != sockets_.end()) change_of(asked->second, event, id, socket);
    }
  }
  if (socket.first_of_some) socket.changes.push_back(&event);
  socket.state = change.to;
}

/// One of these sockets changes its state.
void EventIndex::change_of(OfSockets& sockets, const trace::Event& event, SocketId id,
                           Socket& socket) {
  answer(sockets, event.at);
  sockets.now.some_ever = true;
  sockets.now.latest = &event;
  const auto in = [&sockets](tcp::State state) -> std::uint64_t& {
    return sockets.now.in[static_cast<std::size_t>(state)];
  };
  if (socket.state != tcp::State::closed) --in(socket.state);
  if (state_after(event) != tcp::State::closed) ++in(state_after(event));
  if (sockets.first || !sockets.wants_path) return;
  sockets.first = id;
  socket.first_of_some = true;
}

/// Answers what is asked of times before this one.
void EventIndex::answer(OfSockets& sockets, SimTime before) {
  for (; sockets.answered < sockets.questions.size(); ++sockets.answered) {
    const Question& question = sockets.questions[sockets.answered];
    if (question.at >= before) return;
    answers_[question.expect] = sockets.now;
  }
}

// --- Answers ---

EventIndex::Found EventIndex::segments(const scenario::SegmentFilter& filter) const {
  Found found;
  for (const auto& [traits, events] : segments_.at({hosts(filter.from), hosts(filter.to)})) {
    const auto wanted = [&traits = traits](const scenario::SegmentFilter& f) {
      return (!f.flags || f.flags->without(tcp::Flags::psh).bits() == traits.flags) &&
             (!f.payload || *f.payload == traits.payload) && (!f.why || *f.why == traits.why) &&
             (!f.fate || (traits.fates & fate_bit(*f.fate)) != 0);
    };
    if (!wanted(filter)) continue;
    const auto begin = first_at(events, filter.after);
    const auto end = first_at(events, filter.until);
    if (begin >= end) continue;
    found.count += static_cast<std::uint64_t>(end - begin);
    const trace::Event* last = *std::prev(end);
    if (found.last == nullptr || last->n > found.last->n) found.last = last;
  }
  return found;
}

EventIndex::Found EventIndex::calls(const scenario::ExpectCall& expect) const {
  const Events& events =
      calls_.at({expect.call, hosts(expect.host)}).at({expect.who, expect.result});
  const auto begin = first_at(events, expect.after);
  const auto end = first_after(events, expect.until);
  if (begin >= end) return {};
  return {static_cast<std::uint64_t>(end - begin), *std::prev(end)};
}

EventIndex::Found EventIndex::nth_call(const scenario::ExpectCall& expect) const {
  const Events& events =
      calls_.at({expect.call, hosts(expect.host)}).at({expect.who, std::nullopt});
  if (expect.nth > events.size()) return {events.size(), nullptr};
  return {expect.nth, events[expect.nth - 1]};
}

EventIndex::Sockets EventIndex::sockets(const scenario::ExpectState& expect) const {
  Sockets answer = answers_.at(&expect);
  const bool listening = expect.state == tcp::State::listen;
  answer.some_ever = sockets_.at(key(expect.socket, listening)).now.some_ever;
  return answer;
}

const EventIndex::Events* EventIndex::changes(const scenario::ExpectPath& expect) const {
  const OfSockets& sockets = sockets_.at(key(expect.socket, listens_in(expect.path)));
  return sockets.first ? &lives_.at(*sockets.first).changes : nullptr;
}

}  // namespace lastack::run
