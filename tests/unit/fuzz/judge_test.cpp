// How often is asked before a difference is believed.
#include "lastack/fuzz/judge.hpp"

#include <catch2/catch.hpp>

#include "lastack/scenario/load.hpp"
#include "made_up.hpp"

using namespace lastack;
using namespace lastack::test;
using fuzz::Testimony;
using fuzz::Verdict;
using Outcome = fuzz::Verdict::Outcome;

namespace {

const std::atomic<bool> go_on{false};

Testimony wrong(const scenario::Scenario& scenario) {
  Testimony testimony = simulated(scenario);
  testimony.recording->history.segments.pop_back();
  return testimony;
}

struct Court {
  explicit Court(MadeUp::Story story, std::vector<scenario::Override> overrides = {})
      : witness{std::move(story)},
        model{fuzz::simulator_model(std::move(overrides))},
        judge{witness, *model} {}

  Verdict verdict() { return judge.judge("hello", hello(), go_on); }

  MadeUp witness;
  std::unique_ptr<fuzz::Model> model;
  fuzz::Judge judge;
};

}  // namespace

TEST_CASE("judge: what agrees at once is asked once", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t) { return simulated(scenario, 7); }};
  CHECK(t.verdict().outcome == Outcome::agrees);
  CHECK(t.witness.asked() == 1);
}

TEST_CASE("judge: a difference that comes again is steady", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t) { return wrong(scenario); }};
  const Verdict verdict = t.verdict();
  CHECK(verdict.outcome == Outcome::differs);
  CHECK(verdict.steady);
  CHECK(verdict.recordings.size() == 3);
  CHECK(verdict.kind == "segments: opener in FIN_WAIT_1: kernel nothing; lastack .");
  CHECK(t.witness.asked() == 3);
}

TEST_CASE("judge: one that does not come again was a race", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t asked) {
    return asked == 0 ? wrong(scenario) : simulated(scenario);
  }};
  CHECK(t.verdict().outcome == Outcome::racy_and_agrees);
}

TEST_CASE("judge: a witness that never says the same twice is asked more often", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t asked) {
    Testimony testimony = wrong(scenario);
    if (asked % 2 == 1) testimony.recording->history.segments.pop_back();
    return testimony;
  }};
  const Verdict verdict = t.verdict();
  CHECK(verdict.outcome == Outcome::differs);
  CHECK_FALSE(verdict.steady);
  CHECK(t.witness.asked() == 6);
}

TEST_CASE("judge: calls that come out otherwise each time are a race, too", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t asked) {
    Testimony testimony = simulated(scenario);
    for (compare::Call& call : testimony.recording->history.calls) {
      if (call.call == "recv eof") call.result = static_cast<std::int64_t>(50 + asked);
    }
    return testimony;
  }};
  CHECK_FALSE(t.verdict().steady);
}

TEST_CASE("judge: what cannot be recorded is not judged, with the reason", "[fuzz]") {
  Court t{[](const auto&, std::uint64_t) {
    return Testimony{Testimony::Outcome::skipped, "this kernel has no such setting"};
  }};
  CHECK(t.verdict().outcome == Outcome::not_judged);
  CHECK(t.verdict().reason == "this kernel has no such setting");
  Court late{[](const auto&, std::uint64_t) { return Testimony{Testimony::Outcome::late}; }};
  CHECK(late.verdict().outcome == Outcome::not_judged);
  CHECK(late.verdict().reason == "late in every try");
}

TEST_CASE("judge: at first sight one recording is enough", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t) { return wrong(scenario); }};
  const auto kind = t.judge.kind_at_first_sight("hello", hello(), go_on);
  CHECK(kind == "segments: opener in FIN_WAIT_1: kernel nothing; lastack .");
  CHECK(t.witness.asked() == 1);
  CHECK_FALSE(t.judge.kind_at_first_sight("none", "{}", go_on));
}

TEST_CASE("judge: stopped in between it has no verdict", "[fuzz]") {
  const std::atomic<bool> stop{true};
  Court t{[](const auto& scenario, std::uint64_t) { return simulated(scenario); }};
  CHECK(t.judge.judge("hello", hello(), stop).outcome == Outcome::interrupted);
}

TEST_CASE("judge: a wrong setting of the model alone is a difference", "[fuzz]") {
  Court t{[](const auto& scenario, std::uint64_t) { return simulated(scenario); },
          {{"hosts.client.sysctl.tcp_timestamps", "0"}}};
  CHECK(t.verdict().kind == "options: opener in CLOSED: S: timestamps");
}

// A machine's lag explains what comes first, and nothing else.

TEST_CASE("judge: what no machine's lag brings about is a difference, whatever the lag", "[fuzz]") {
  const auto place = GENERATE(range(0U, 12U));
  const auto change = GENERATE(
      as<void (*)(compare::SentSegment&)>{}, [](compare::SentSegment& one) { ++one.seq.offset; },
      [](compare::SentSegment& one) { --one.ack->offset; },
      [](compare::SentSegment& one) { one.len += 1; },
      [](compare::SentSegment& one) { one.flags = tcp::Flags::ack | tcp::Flags::fin; },
      [](compare::SentSegment& one) { one.at += compare::Seconds{0.2}; });
  const auto model = fuzz::simulator_model({});
  Court t{[&](const auto& scenario, std::uint64_t) {
    Testimony testimony = simulated(scenario);
    compare::History& history = testimony.recording->history;
    history = *model->account("hello", hello(), place, go_on);
    change(history.segments.at(3));  // the client's data
    return testimony;
  }};
  const Verdict verdict = t.verdict();
  CHECK(verdict.outcome == Outcome::differs);
  CHECK(verdict.steady);
}

TEST_CASE("judge: a wrong rule is found in spite of the machines' lag", "[fuzz]") {
  const std::string nobody_answers = R"({
    "hosts": {"client": {}, "server": {}},
    "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 1}],
    "apps": [{"host": "client", "connect": "server:80", "from_port": 40000}],
    "stop_at": "4s"
  })";
  const auto tells_the_truth = [](const auto& scenario, std::uint64_t asked) {
    return simulated(scenario, asked + 1);
  };
  Court right{tells_the_truth};
  CHECK(right.judge.judge("case", nobody_answers, go_on).outcome != Outcome::differs);
  Court wrong_rule{tells_the_truth, {{"sysctl.tcp_syn_linear_timeouts", "0"}}};
  CHECK(wrong_rule.judge.judge("case", nobody_answers, go_on).outcome == Outcome::differs);
}
