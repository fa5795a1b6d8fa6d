#include "story.hpp"

#include <map>
#include <stdexcept>

#include "lastack/scenario/load.hpp"

namespace lastack::test {

namespace {

std::string ms(SimTime at) {
  const auto us = (at - sim_start) / 1us;
  std::string text = std::to_string(us / 1000);
  if (us % 1000 != 0) text += "." + std::to_string(1000 + us % 1000).substr(1);
  return text;
}

bool has(std::string_view json, std::string_view key) {
  return json.find("\"" + std::string{key} + "\":") != std::string_view::npos;
}

}  // namespace

scenario::Scenario usual_scenario(std::string_view json) {
  std::string text = "{";
  if (!has(json, "name")) text += R"("name": "story", )";
  if (!has(json, "profile")) text += R"("profile": "textbook", )";
  if (!has(json, "hosts")) text += R"("hosts": {"client": {}, "server": {}}, )";
  if (!has(json, "links")) {
    text += R"("links": [{"a": "client", "b": "server", "delay": "10ms"}], )";
  }
  return scenario::parse_scenario(text + std::string{json} + "}", "story.json");
}

Story::Story(std::string_view json, std::uint64_t seed) {
  const scenario::Scenario scenario = usual_scenario(json);
  run::Simulation simulation{scenario, seed, {&recording_}};
  simulation.keep_checking();
  simulation.run();
  summary_ = simulation.summary();
}

std::string Story::segments(SimDuration from, SimDuration to) const {
  std::map<std::uint64_t, std::string> fates;
  for (const trace::Event& event : events()) {
    if (const auto* drop = std::get_if<trace::Drop>(&event.what)) {
      const bool wire = drop->place == trace::DropPlace::wire;
      // What TCP itself has no use for was received all the same.
      const bool unseen = std::holds_alternative<trace::LossReason>(drop->reason);
      if (wire || unseen) fates[drop->id] += wire ? " lost" : " discarded";
    } else if (const auto* delay = std::get_if<trace::Delay>(&event.what)) {
      fates[delay->id] += " delayed";
    } else if (const auto* copy = std::get_if<trace::Duplicate>(&event.what)) {
      fates[copy->id] += " duplicated";
    }
  }
  std::string text;
  for (const trace::Event& event : events()) {
    const auto* send = std::get_if<trace::Send>(&event.what);
    if (send == nullptr || event.at < sim_start + from || event.at >= sim_start + to) continue;
    const std::string what = send->protocol == trace::Protocol::tcp
                                 ? send->segment.flags.without(tcp::Flags::psh).text()
                                 : "datagram";
    text += ms(event.at) + " " + (send->forged ? "forged " : "") + host(send->src.host) + " " +
            what + fates[send->id] + "\n";
  }
  return text;
}

std::string Story::calls(std::string_view of) const {
  std::string text;
  for (const trace::Event& event : events()) {
    const auto* call = std::get_if<trace::AppCall>(&event.what);
    if (call == nullptr || (!of.empty() && host(call->host) != of)) continue;
    text += ms(event.at) + " ";
    if (of.empty()) text += host(call->host) + " ";
    text += text_of(call->who) + " " + std::string{name_of(call->call)};
    const std::string result = text_of(call->result);
    text += (result.empty() ? "" : " ") + result + "\n";
  }
  return text;
}

std::string Story::states(std::string_view of) const {
  std::string text;
  for (const trace::Event& event : events()) {
    const auto* change = std::get_if<trace::StateChange>(&event.what);
    if (change == nullptr || host(change->local.host) != of) continue;
    text += ms(event.at) + " " + std::string{name_of(change->to)} + "\n";
  }
  return text;
}

const trace::Event* Story::cause_of(const trace::Event& event) const {
  return event.cause == 0 ? nullptr : &events().at(event.cause - 1);
}

const trace::Event& Story::sent(std::string_view from, std::string_view flags, int nth) const {
  return find<trace::Send>(
      [&](const trace::Send& send) {
        return host(send.src.host) == from &&
               send.segment.flags.without(tcp::Flags::psh).text() == flags;
      },
      nth);
}

const trace::Event& Story::call(std::string_view of, std::string_view name, int nth) const {
  return find<trace::AppCall>(
      [&](const trace::AppCall& call) {
        return host(call.host) == of && name_of(call.call) == name;
      },
      nth);
}

}  // namespace lastack::test
