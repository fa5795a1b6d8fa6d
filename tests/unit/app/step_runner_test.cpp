#include "lastack/app/step_runner.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace lastack::app {
namespace {

constexpr tcp::Address here{0x0a000001};
constexpr tcp::Address there{0x0a000002};

tcp::StackConfig config(tcp::Address address) {
  tcp::StackConfig config;
  config.address = address;
  config.profile = tcp::ProfileId::textbook;
  config.settings = tcp::default_settings(config.profile);
  config.timers = tcp::TimerMode::exact;
  return config;
}

/// A connection whose near end is run by steps and whose far end the test plays itself. Segments
/// cross at once, and nothing is ever lost.
class Stage {
 public:
  explicit Stage(std::vector<Step> steps) : steps_{std::move(steps)}, runner_{steps_, connect()} {}

  /// Runs the steps until they wait. What they logged: "send 100, close".
  std::string run(SimTime now = sim_start) {
    std::string text;
    do {
      last_ = runner_.advance(now, near_, out_, chance_);
      deliver(near_, far_);
      if (!last_.call) continue;
      if (!text.empty()) text += ", ";
      text += trace::name_of(*last_.call);
      if (const auto* n = std::get_if<std::uint64_t>(&last_.result)) {
        text += " " + std::to_string(*n);
      } else if (const auto* error = std::get_if<tcp::Error>(&last_.result)) {
        text.append(" ").append(tcp::name_of(*error));
      } else if (const auto* closed = std::get_if<tcp::Stack::Direction>(&last_.result)) {
        text.append(" ").append(name_of(*closed));
      }
    } while (last_.pause == Pause::none);
    return text;
  }

  Pause pause() const { return last_.pause; }
  SimTime until() const { return last_.until; }

  void set_chance(Chance chance) { chance_ = chance; }

  /// From now on segments get lost.
  void cut() { cut_ = true; }

  // What the far end does.
  void sends(std::uint64_t bytes) {
    far_.send(sim_start, peer_, bytes, out_);
    deliver(far_, near_);
  }
  void closes() {
    far_.close(sim_start, peer_, out_);
    deliver(far_, near_);
  }
  void aborts() {
    far_.abort(sim_start, peer_, out_);
    deliver(far_, near_);
  }
  std::uint64_t reads() {
    const std::uint64_t bytes = far_.receive(sim_start, peer_, 1 << 30, out_).bytes;
    deliver(far_, near_);
    return bytes;
  }

 private:
  tcp::SocketId connect() {
    tcp::ListenerId listener{};
    far_.listen(sim_start, 80, 10, {}, {}, listener, out_);
    out_.clear();
    const tcp::SocketId socket = near_.open();
    near_.connect(sim_start, socket, {there, 80}, out_);
    deliver(near_, far_);
    REQUIRE(near_.connect_result(socket) == tcp::Error::none);
    peer_ = far_.accept(sim_start, listener, out_).value();
    out_.clear();
    return socket;
  }

  /// Carries segments to and fro until both are silent.
  void deliver(tcp::Stack& from, tcp::Stack& to) {
    std::vector<tcp::Segment> segments;
    for (const tcp::Effect& effect : out_.effects) {
      if (const auto* sent = std::get_if<tcp::Sent>(&effect)) segments.push_back(sent->segment);
    }
    out_.clear();
    if (cut_) return;
    for (const tcp::Segment& segment : segments) {
      to.segment_arrives(sim_start, segment, out_);
      deliver(to, from);
    }
  }

  std::vector<Step> steps_;
  tcp::Output out_{tcp::Reports::none};
  tcp::Stack near_{config(here)};
  tcp::Stack far_{config(there)};
  tcp::SocketId peer_{};
  Progress last_;
  Chance chance_;
  bool cut_ = false;
  StepRunner runner_;  ///< last: making it needs the others
};

TEST_CASE("StepRunner: without steps it has finished, and the socket stays", "[app]") {
  Stage stage{{}};
  CHECK(stage.run().empty());
  CHECK(stage.pause() == Pause::finished);
}

TEST_CASE("StepRunner: steps that take no time run at once", "[app]") {
  Stage stage{{SendStep{100}, SendStep{50}, ShutdownStep{tcp::Stack::Direction::write}}};
  CHECK(stage.run() == "send 100, send 50, shutdown write");
  CHECK(stage.reads() == 150);
}

TEST_CASE("StepRunner: with SO_LINGER close waits for the peer's ACK of the FIN", "[app]") {
  Stage stage{{SetOptionStep{{{tcp::SocketOption::so_linger, 5}}}, CloseStep{}}};
  CHECK(stage.run().empty());
  CHECK(stage.pause() == Pause::either);
  CHECK(stage.run() == "close");  // the ACK came at once
  CHECK(stage.pause() == Pause::closed);
}

TEST_CASE("StepRunner: with SO_LINGER close waits as long as the option says", "[app]") {
  Stage stage{{SetOptionStep{{{tcp::SocketOption::so_linger, 5}}}, CloseStep{}}};
  stage.cut();
  CHECK(stage.run(sim_start + 1s).empty());
  CHECK(stage.pause() == Pause::either);
  CHECK(stage.until() == sim_start + 6s);
  CHECK(stage.run(sim_start + 3s).empty());  // woken for nothing
  CHECK(stage.until() == sim_start + 6s);
  CHECK(stage.run(sim_start + 6s) == "close");
}

TEST_CASE("StepRunner: with SO_LINGER 0 close does not wait", "[app]") {
  Stage stage{{SetOptionStep{{{tcp::SocketOption::so_linger, 0}}}, CloseStep{}}};
  stage.cut();
  CHECK(stage.run() == "close");
}

TEST_CASE("StepRunner: send is logged when all its bytes are in the send buffer", "[app]") {
  Stage stage{{SendStep{1'000'000}, CloseStep{}}};
  CHECK(stage.run().empty());
  CHECK(stage.pause() == Pause::socket);
  std::string log;
  for (int i = 0; i < 1000 && log.empty(); ++i) {
    stage.reads();
    log = stage.run();
  }
  CHECK(log == "send 1000000, close");
}

TEST_CASE("StepRunner: recv waits for all its bytes", "[app]") {
  Stage stage{{RecvStep{100}}};
  CHECK(stage.run().empty());
  stage.sends(60);
  CHECK(stage.run().empty());
  stage.sends(60);
  CHECK(stage.run() == "recv 100");
}

TEST_CASE("StepRunner: EOF cuts recv short and ends recv eof with the total", "[app]") {
  Stage stage{{RecvStep{100}, RecvStep{}}};
  stage.run();
  stage.sends(60);
  stage.closes();
  CHECK(stage.run() == "recv 60, recv eof 0");
  Stage all{{RecvStep{}}};
  all.run();
  all.sends(60);
  CHECK(all.run().empty());
  all.sends(70);
  all.closes();
  CHECK(all.run() == "recv eof 130");
}

TEST_CASE("StepRunner: recv of nothing returns at once", "[app]") {
  Stage stage{{RecvStep{0}}};
  CHECK(stage.run() == "recv 0");
}

TEST_CASE("StepRunner: a failed step is logged with its errno, and the next one runs", "[app]") {
  Stage stage{{RecvStep{}, SendStep{10}, CloseStep{}}};
  stage.run();
  stage.aborts();
  CHECK(stage.run() == "recv ECONNRESET, send EPIPE, close");
}

TEST_CASE("StepRunner: sleep counts from now, until is a time of the clock", "[app]") {
  Stage stage{{SleepStep{net::ConstantDelay{2s}}, UntilStep{sim_start + 5s},
               UntilStep{sim_start + 1s}, CloseStep{}}};
  CHECK(stage.run(sim_start + 1s).empty());
  CHECK(stage.pause() == Pause::clock);
  CHECK(stage.until() == sim_start + 3s);
  CHECK(stage.run(sim_start + 3s).empty());
  CHECK(stage.until() == sim_start + 5s);
  CHECK(stage.run(sim_start + 5s) == "close");  // the last `until` has passed
}

TEST_CASE("StepRunner: a sleep is drawn from the connection's own numbers, for each step anew",
          "[app]") {
  const net::ExponentialDelay think{.mean = 1s};
  const RandomStream application{1, "connector/client-server:80/sleep"};
  const auto sleeps = [&](std::uint64_t connection) {
    Stage stage{{SleepStep{think}, SleepStep{think}}};
    stage.set_chance({&application, connection});
    stage.run();
    const SimDuration first = stage.until() - sim_start;
    stage.run(sim_start + 1h);
    return std::pair{first, stage.until() - (sim_start + 1h)};
  };
  const auto [first, second] = sleeps(7);
  CHECK(first > 0s);
  CHECK(first != second);
  CHECK(sleeps(8).first != first);
  CHECK(sleeps(7) == std::pair{first, second});  // whatever others have drawn meanwhile
}

TEST_CASE("StepRunner: close and abort end the program", "[app]") {
  Stage closing{{CloseStep{}, SendStep{1}}};
  CHECK(closing.run() == "close");
  CHECK(closing.pause() == Pause::closed);
  Stage aborting{{AbortStep{}, SendStep{1}}};
  CHECK(aborting.run() == "abort");
  CHECK(aborting.pause() == Pause::closed);
}

TEST_CASE("StepRunner: hold keeps the socket, later steps never run", "[app]") {
  Stage stage{{HoldStep{}, CloseStep{}}};
  CHECK(stage.run().empty());
  CHECK(stage.pause() == Pause::finished);
}

TEST_CASE("StepRunner: setsockopt says nothing unless it fails", "[app]") {
  Stage stage{{SetOptionStep{{{tcp::SocketOption::tcp_nodelay, 1}}}, CloseStep{}}};
  CHECK(stage.run() == "close");
}

TEST_CASE("Application names: connections are numbered where there are several", "[app]") {
  Connector connector;
  CHECK(text_of(who_connects(connector, 0)) == "connect");
  connector.count = 2;
  CHECK(text_of(who_connects(connector, 0)) == "connect#1");
  CHECK(text_of(who_connects(connector, 1)) == "connect#2");
  connector.count = Connector::unlimited;
  CHECK(text_of(who_connects(connector, 0)) == "connect#1");
  CHECK(text_of(who_accepted(7)) == "accept#7");
}

}  // namespace
}  // namespace lastack::app
