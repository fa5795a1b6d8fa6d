#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../../sim/run/applications.hpp"
#include "lastack/event/recording.hpp"

namespace lastack::test {

/// Applications on their hosts, without engine and network: segments arrive the moment they are
/// sent, and TCP's timers never fire. Whoever tests says when a time comes and whose turn it is.
class Stage final : private run::Applications::Driver {
 public:
  /// `json` as in a Story. What is there from the start is there.
  explicit Stage(std::string_view json);

  run::Applications& apps() { return apps_; }
  /// Every time up to this one comes, and those who are woken take their turns meanwhile.
  void until(SimDuration since_start);
  /// The connector's next connection begins now.
  void connect(std::uint32_t connector = 0);
  /// Those who were woken have their turn.
  void turn();
  /// The host forgets everything and starts again.
  void reboot(app::HostIndex host);
  tcp::Settings& settings(app::HostIndex host) { return stacks_[host].settings(); }

  /// What applications called since this was asked last: "client connect connected ok".
  std::string calls();
  const run::Tally& tally() const { return tally_; }
  const run::ConnectionBook& book() const { return book_; }
  SimTime now() const { return scheduler_.now(); }

 private:
  void carry_out(app::HostIndex host, std::uint64_t cause) override;
  void deliver();

  scenario::Scenario scenario_;
  scenario::World world_;
  trace::Recording recording_;
  run::Recorder recorder_;
  tcp::Output out_{tcp::Reports::all};
  Scheduler scheduler_;
  std::vector<tcp::Stack> stacks_;
  run::Tally tally_;
  run::ConnectionBook book_;
  run::Applications apps_;
  std::vector<tcp::Segment> on_the_wire_;
  std::size_t calls_shown_ = 0;
};

}  // namespace lastack::test
