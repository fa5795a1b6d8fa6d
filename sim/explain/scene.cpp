#include "scene.hpp"

#include <algorithm>
#include <variant>

namespace lastack::explain {

using tcp::State;
using trace::AppCall;
using trace::Call;
using trace::End;
using trace::Event;
using trace::Send;
using trace::TimerChange;
using trace::Who;

Scene::Scene(const Connections& all, const Surroundings& around, const Connection& connection)
    : all_{all},
      around_{around},
      connection_{connection} {
  for (const auto& [local, remote] : {std::pair{connection.client, connection.server},
                                      std::pair{connection.server, connection.client}}) {
    for (const std::size_t life : all.lives_of(local, remote)) {
      for (const Event* change : all.life(life).changes) {
        changes_by_[change->cause].push_back(change);
      }
    }
  }
  for (const std::size_t life : connection.lives) {
    for (const Event* change : all.life(life).changes) {
      if (change->cause != 0) note_application(event(change->cause), all.life(life).local);
    }
  }
  for (const Event& each : all.recording().events()) take(each);
}

/// What has the same ends may belong to another connection of theirs.
bool Scene::is_between(End a, End b) const {
  return (a == connection_.client && b == connection_.server) ||
         (a == connection_.server && b == connection_.client);
}

void Scene::take(const Event& event) {
  if (const auto* send = std::get_if<Send>(&event.what)) {
    const bool tcp = send->protocol == trace::Protocol::tcp;
    if (tcp && is_between(send->src, send->dst)) take_send(event, *send);
  } else if (const auto* timer = std::get_if<TimerChange>(&event.what)) {
    if (is_between(timer->local, timer->remote)) take_timer(event, *timer);
  } else if (std::holds_alternative<AppCall>(event.what)) {
    take_call(event);
  }
}

void Scene::take_send(const Event& event, const Send& send) {
  sends_by_[event.cause].push_back(&event);
  if (send.segment.len() > 0 && !send.forged) times_[octets_of(send)].push_back(event.n);
  const auto self = static_cast<std::size_t>(&connection_ - all_.all().data());
  if (all_.connection_of(event) != self) return;
  sends_.push_back(&event);
  if (event.cause != 0) note_application(this->event(event.cause), send.src);
}

void Scene::take_timer(const Event& event, const TimerChange& timer) {
  const auto key = std::pair{packed(timer.local), timer.timer};
  if (timer.action == tcp::TimerAction::fire) last_fired_[key.first] = &event;
  if (timer.action == tcp::TimerAction::arm) {
    due_[key] = timer.due;
  } else {
    due_.erase(key);
  }
}

void Scene::take_call(const Event& event) {
  const auto& call = std::get<AppCall>(event.what);
  if (call.call == Call::close || call.call == Call::abort) closes_.push_back(&event);
}

Scene::Events Scene::sends_between(std::uint64_t after, std::uint64_t before) const {
  Events sends;
  for (const auto& [cause, caused] : sends_by_) {
    for (const Event* each : caused) {
      if (each->n > after && each->n < before) sends.push_back(each);
    }
  }
  return sends;
}

/// Whose calls show on the wire is an end's application.
void Scene::note_application(const Event& by, End end) {
  const auto* call = std::get_if<AppCall>(&by.what);
  if (call == nullptr || call->host != end.host) return;
  switch (call->who.role) {
    case Who::Role::connect:
    case Who::Role::accept: applications_[packed(end)].insert(call->who); break;
    case Who::Role::listen:
    case Who::Role::host: break;
  }
}

const Scene::Events& Scene::at(const std::map<std::uint64_t, Events>& events, std::uint64_t n) {
  static const Events none;
  const auto found = events.find(n);
  return found == events.end() ? none : found->second;
}

Scene::Octets Scene::octets_of(const Send& send) {
  const tcp::Flags flags = send.segment.flags;
  const tcp::Flags kind = flags.has(tcp::Flags::syn) ? flags : tcp::Flags::none;
  return {send.src.host, send.src.port, send.segment.seq.raw(), kind.bits()};
}

std::uint64_t Scene::times_sent(const Event& send) const {
  const auto found = times_.find(octets_of(std::get<Send>(send.what)));
  if (found == times_.end()) return 0;
  const auto& numbers = found->second;
  const auto place = std::lower_bound(numbers.begin(), numbers.end(), send.n);
  if (place == numbers.end() || *place != send.n) return 0;
  return static_cast<std::uint64_t>(place - numbers.begin()) + 1;
}

State Scene::state(End end, std::uint64_t n) const { return all_.state(end, other(end), n); }

bool Scene::is_orphan(End end, std::uint64_t n) const {
  const auto found = applications_.find(packed(end));
  if (found == applications_.end()) return false;
  return std::any_of(closes_.begin(), closes_.end(), [&](const Event* close) {
    const auto& call = std::get<AppCall>(close->what);
    return close->n < n && call.host == end.host && found->second.contains(call.who);
  });
}

Moment Scene::moment(End end, std::uint64_t n) const {
  return {connection_, end, state(end, n), is_orphan(end, n), n};
}

SimDuration Scene::waited(const Event& fired) const {
  return fired.cause == 0 ? SimDuration{} : fired.at - event(fired.cause).at;
}

bool Scene::doubled(const Event& fired) const {
  const Event* armed = fired.cause == 0 ? nullptr : &event(fired.cause);
  if (armed == nullptr || armed->cause == 0) return false;
  const Event& before = event(armed->cause);
  const auto* timer = std::get_if<TimerChange>(&before.what);
  const bool same = timer != nullptr && timer->action == tcp::TimerAction::fire &&
                    timer->timer == std::get<TimerChange>(fired.what).timer;
  if (!same || waited(before) <= SimDuration::zero()) return false;
  const double ratio = to_seconds(waited(fired)) / to_seconds(waited(before));
  return ratio > 1.9 && ratio < 2.1;
}

const Event* Scene::last_fired(End end) const {
  const auto found = last_fired_.find(packed(end));
  return found == last_fired_.end() ? nullptr : found->second;
}

std::optional<std::pair<tcp::Timer, SimTime>> Scene::running(End end) const {
  std::optional<std::pair<tcp::Timer, SimTime>> next;
  for (const auto& [key, due] : due_) {
    if (key.first == packed(end) && (!next || due < next->second)) next = {key.second, due};
  }
  return next;
}

}  // namespace lastack::explain
