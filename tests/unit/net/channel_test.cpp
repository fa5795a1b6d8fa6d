#include "lastack/net/channel.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lastack/core/time.hpp"

namespace lastack::net {
namespace {

SimTime at(SimDuration d) { return sim_start + d; }

Channel channel(const LinkConfig& config, std::uint64_t seed = 1,
                const std::string& name = "link/a-b") {
  return {std::make_shared<const LinkConfig>(config), seed, name};
}

/// Which of so many packets are lost: "..x." says the third.
std::string losses(Channel& link, int packets) {
  std::string text;
  for (int i = 0; i < packets; ++i) text += link.pass(at(0s), 100).lost ? 'x' : '.';
  return text;
}

double share_of_x(const std::string& text) {
  return static_cast<double>(std::count(text.begin(), text.end(), 'x')) /
         static_cast<double>(text.size());
}

TEST_CASE("Channel: a packet arrives one delay later", "[net]") {
  LinkConfig config;
  config.delay = ConstantDelay{10ms};
  auto link = channel(config);
  const Passage passage = link.pass(at(5ms), 1500);
  CHECK_FALSE(passage.lost);
  CHECK(passage.arrival == at(15ms));
  CHECK_FALSE(passage.duplicated);
}

TEST_CASE("Channel: what is larger than the MTU is lost", "[net]") {
  LinkConfig config;
  config.mtu = 576;
  auto link = channel(config);
  CHECK_FALSE(link.pass(at(0s), 576).lost);
  CHECK(link.pass(at(0s), 577).lost == trace::LossReason::mtu);
}

TEST_CASE("Channel: down loses what is handed over, not what is on its way", "[net]") {
  auto link = channel({});
  CHECK_FALSE(link.pass(at(0s), 100).lost);  // its arrival was decided
  link.set_state(LinkState::down);
  CHECK(link.pass(at(1s), 100).lost == trace::LossReason::link_down);
  link.set_state(LinkState::up);
  CHECK_FALSE(link.pass(at(2s), 100).lost);
}

TEST_CASE("Channel: a rated link sends one packet after the other", "[net]") {
  LinkConfig config;
  config.delay = ConstantDelay{10ms};
  config.rate_bps = 12'000'000;  // 1500 bytes take 1 ms
  auto link = channel(config);
  CHECK(link.pass(at(0s), 1500).arrival == at(11ms));
  CHECK(link.pass(at(0s), 750).arrival == at(11500us));
  CHECK(link.pass(at(20ms), 1500).arrival == at(31ms));  // idle meanwhile
}

TEST_CASE("Channel: a transmission time that is no whole nanosecond rounds up", "[net]") {
  LinkConfig config;
  config.rate_bps = 3'000'000'000;  // a byte takes 2.67 ns
  auto link = channel(config);
  CHECK(link.pass(at(0s), 1).arrival == at(3ns));
}

TEST_CASE("Channel: a full queue drops, and the packet being sent needs no room", "[net]") {
  LinkConfig config;
  config.rate_bps = 8'000'000;  // 1000 bytes take 1 ms
  config.queue_bytes_max = 2000;
  auto link = channel(config);
  CHECK_FALSE(link.pass(at(0s), 1000).lost);  // is sent at once
  CHECK_FALSE(link.pass(at(0s), 1000).lost);
  CHECK_FALSE(link.pass(at(0s), 1000).lost);
  CHECK(link.queued_bytes(at(0s)) == 2000);
  CHECK(link.pass(at(0s), 1).lost == trace::LossReason::queue);
  CHECK(link.queued_bytes(at(1ms)) == 1000);  // the second is being sent now
  const Passage fits = link.pass(at(1ms), 1000);
  CHECK_FALSE(fits.lost);
  CHECK(fits.arrival == at(4ms));
}

TEST_CASE("Channel: without a limit the queue takes everything in order", "[net]") {
  LinkConfig config;
  config.rate_bps = 8'000'000;
  auto link = channel(config);
  for (int i = 1; i <= 1000; ++i) {
    REQUIRE(link.pass(at(0s), 1000).arrival == at(i * 1ms));
  }
  CHECK(link.queued_bytes(at(0s)) == 999'000);
  CHECK(link.queued_bytes(at(1s)) == 0);
}

TEST_CASE("Channel: loss hits the wanted share of packets, each on its own", "[net]") {
  LinkConfig config;
  config.loss = BernoulliLoss{0.1};
  auto link = channel(config);
  CHECK(share_of_x(losses(link, 20'000)) == Approx(0.1).margin(0.01));
}

TEST_CASE("Channel: losses depend on seed and name alone", "[net]") {
  LinkConfig config;
  config.loss = BernoulliLoss{0.5};
  auto link = channel(config, 1, "link/a-b");
  auto same = channel(config, 1, "link/a-b");
  auto back = channel(config, 1, "link/b-a");
  auto other_seed = channel(config, 2, "link/a-b");
  const std::string first = losses(link, 100);
  CHECK(losses(same, 100) == first);
  CHECK(losses(back, 100) != first);
  CHECK(losses(other_seed, 100) != first);
}

TEST_CASE("Channel: another model in use does not shift the losses", "[net]") {
  LinkConfig config;
  config.loss = BernoulliLoss{0.5};
  auto plain = channel(config);
  config.jitter = 5ms;
  config.duplicate = 0.3;
  config.corrupt = 0.3;
  config.reorder = {0.3, 1ms};
  auto rich = channel(config);
  CHECK(losses(plain, 200) == losses(rich, 200));
}

TEST_CASE("Channel: a Gilbert-Elliott link loses in bursts", "[net]") {
  LinkConfig config;
  config.loss = GilbertElliottLoss{0.01, 0.25, 0, 1};
  auto link = channel(config);
  const std::string text = losses(link, 100'000);
  // In the long run the state is bad for 0.01 / (0.01 + 0.25) of the packets.
  CHECK(share_of_x(text) == Approx(0.01 / 0.26).margin(0.005));
  int bursts = 0;
  for (std::size_t i = 1; i < text.size(); ++i) bursts += text[i] == 'x' && text[i - 1] == '.';
  const auto lost = static_cast<double>(std::count(text.begin(), text.end(), 'x'));
  CHECK(lost / bursts == Approx(4).margin(0.4));  // 1 / 0.25
}

TEST_CASE("Channel: a good state may lose and a bad one deliver", "[net]") {
  LinkConfig config;
  config.loss = GilbertElliottLoss{0, 1, 1, 0};
  auto link = channel(config);
  CHECK(losses(link, 5) == "xxxxx");
}

TEST_CASE("Channel: duplication makes a second arrival, not before the first", "[net]") {
  LinkConfig config;
  config.delay = ConstantDelay{10ms};
  config.jitter = 5ms;
  config.duplicate = 1;
  auto link = channel(config);
  for (int i = 0; i < 100; ++i) {
    const Passage passage = link.pass(at(0s), 100);
    REQUIRE(passage.duplicated);
    REQUIRE(passage.copy_arrival >= passage.arrival);
    REQUIRE(passage.copy_arrival <= at(15ms));
  }
}

TEST_CASE("Channel: corruption marks the packet and delivers it", "[net]") {
  LinkConfig config;
  config.corrupt = 1;
  auto link = channel(config);
  const Passage passage = link.pass(at(0s), 100);
  CHECK(passage.corrupted);
  CHECK_FALSE(passage.lost);
}

TEST_CASE("Channel: reordering holds a packet back, so that the next one overtakes it", "[net]") {
  LinkConfig config;
  config.delay = ConstantDelay{10ms};
  config.reorder = {1, 3ms};
  auto link = channel(config);
  const Passage passage = link.pass(at(0s), 100);
  CHECK(passage.arrival == at(13ms));
  CHECK(passage.held_back == 3ms);
}

struct DelayCase {
  Delay delay;
  SimDuration least;
  double mean_ms;
};

TEST_CASE("Channel: each delay model keeps its minimum and its mean", "[net]") {
  const std::vector<DelayCase> cases{
      {UniformDelay{5ms, 15ms}, 5ms, 10},
      {NormalDelay{10ms, 1ms}, 0ms, 10},
      {ExponentialDelay{5ms, 2ms}, 5ms, 7},
      {ParetoDelay{6ms, 4}, 6ms, 8},
  };
  for (const DelayCase& c : cases) {
    LinkConfig config;
    config.delay = c.delay;
    auto link = channel(config);
    double sum = 0;
    SimDuration least = 1h;
    constexpr int n = 20'000;
    for (int i = 0; i < n; ++i) {
      const SimDuration way = link.pass(at(0s), 100).arrival - at(0s);
      least = std::min(least, way);
      sum += to_seconds(way) * 1000;
    }
    CAPTURE(c.delay.index());
    CHECK(least >= c.least);
    CHECK(sum / n == Approx(c.mean_ms).epsilon(0.02));
    CHECK(to_seconds(mean(c.delay)) * 1000 == Approx(c.mean_ms));
  }
}

TEST_CASE("Delays: one that is constant takes no number from the stream", "[net]") {
  RandomStream drawn{1, "delay"};
  RandomStream fresh{1, "delay"};
  CHECK(draw(ConstantDelay{5ms}, drawn) == 5ms);
  CHECK(drawn.bits() == fresh.bits());
  CHECK(draw(ExponentialDelay{5ms, 1ms}, drawn) >= 5ms);
  CHECK(drawn.bits() != fresh.bits());
}

TEST_CASE("Channel: a normal delay below zero is cut off there", "[net]") {
  LinkConfig config;
  config.delay = NormalDelay{0ms, 10ms};
  auto link = channel(config);
  int at_once = 0;
  for (int i = 0; i < 1000; ++i) {
    const SimTime arrival = link.pass(at(1s), 100).arrival;
    REQUIRE(arrival >= at(1s));
    at_once += arrival == at(1s);
  }
  CHECK(at_once == Approx(500).margin(70));
}

}  // namespace
}  // namespace lastack::net
