#include "stage.hpp"

#include <utility>

#include "../../../sim/run/event_kind.hpp"
#include "story.hpp"

namespace lastack::test {

Stage::Stage(std::string_view json)
    : scenario_{usual_scenario(json)},
      world_{scenario_, 1},
      recorder_{{&recording_}},
      apps_{{scenario_, world_, stacks_, out_, scheduler_, recorder_, tally_, book_}, *this} {
  for (app::HostIndex host = 0; host < world_.host_count(); ++host) {
    stacks_.emplace_back(world_.stack_config(host, 0));
  }
  recorder_.begin(world_.names());
  apps_.start();
}

void Stage::until(SimDuration since_start) {
  while (const auto event = scheduler_.next(sim_start + since_start)) {
    switch (static_cast<run::EventKind>(event->kind)) {
      case run::EventKind::process: apps_.clock_came_up(*event); break;
      case run::EventKind::connector: apps_.start_connector(event->index); break;
      default: throw std::logic_error{"a Stage has no such events"};
    }
    deliver();
    turn();
  }
}

void Stage::connect(std::uint32_t connector) {
  apps_.start_connector(connector);
  deliver();
}

void Stage::turn() {
  while (!apps_.woken().empty()) {
    apps_.run_woken();
    deliver();
  }
}

void Stage::reboot(app::HostIndex host) {
  apps_.host_lost(host);
  stacks_[host] = tcp::Stack{world_.stack_config(host, 1)};
  apps_.host_is_back(host);
}

std::string Stage::calls() {
  std::string text;
  for (; calls_shown_ < recording_.events().size(); ++calls_shown_) {
    const auto* call = std::get_if<trace::AppCall>(&recording_.events()[calls_shown_].what);
    if (call == nullptr) continue;
    const std::string result = trace::text_of(call->result);
    text += recording_.names().name(call->host) + " " + trace::text_of(call->who) + " ";
    text += std::string{trace::name_of(call->call)} + (result.empty() ? "" : " " + result) + "\n";
  }
  return text;
}

void Stage::carry_out(app::HostIndex host, std::uint64_t cause) {
  for (const tcp::Effect& effect : out_.effects) {
    if (const auto* sent = std::get_if<tcp::Sent>(&effect)) on_the_wire_.push_back(sent->segment);
  }
  const tcp::Output done = std::exchange(out_, tcp::Output{tcp::Reports::all});
  for (const tcp::ListenerId listener : done.acceptable) apps_.wake({host, listener, cause});
  for (const tcp::SocketId socket : done.woken) apps_.wake({host, socket, cause});
}

/// What arrives may be answered.
void Stage::deliver() {
  for (std::size_t i = 0; i < on_the_wire_.size(); ++i) {
    const tcp::Segment segment = on_the_wire_[i];
    const app::HostIndex host = world_.host_at(segment.dst.address);
    stacks_[host].segment_arrives(scheduler_.now(), segment, out_);
    carry_out(host, 0);
  }
  on_the_wire_.clear();
}

}  // namespace lastack::test
