// Random losses, delays and duplicates on the wire, random settings and random amounts of data.
#include <string>
#include <vector>

#include <rapidcheck/catch.h>

#include "lastack/core/random_stream.hpp"
#include "property/seeds.hpp"
#include "support/duet.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;

namespace {

/// Everything that a run is made from, small enough for RapidCheck to shrink and print.
struct Trial {
  int client_profile;
  int server_profile;
  int closing;
  bool simultaneous;
  std::uint32_t client_bytes;
  std::uint32_t server_bytes;
  std::uint32_t client_iss;
  std::uint32_t server_iss;
  int loss_percent;
  int late_percent;
  int copy_percent;
  std::uint32_t rough;  ///< so many first segments are in danger
  std::uint32_t wire_seed;
  int delay_ms;
};

std::ostream& operator<<(std::ostream& os, const Trial& t) {
  return os << "{" << t.client_profile << ", " << t.server_profile << ", " << t.closing << ", "
            << t.simultaneous << ", " << t.client_bytes << ", " << t.server_bytes << ", "
            << t.client_iss << ", " << t.server_iss << ", " << t.loss_percent << ", "
            << t.late_percent << ", " << t.copy_percent << ", " << t.rough << ", " << t.wire_seed
            << ", " << t.delay_ms << "}";
}

rc::Gen<Trial> trials() {
  const auto iss = rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 20'000),
                                  rc::gen::inRange<std::uint32_t>(0xffff'0000U, 0xffff'ffffU));
  return rc::gen::construct<Trial>(
      rc::gen::inRange(0, 4), rc::gen::inRange(0, 4), rc::gen::inRange(0, 3),
      rc::gen::weightedElement<bool>({{7, false}, {1, true}}),
      rc::gen::inRange<std::uint32_t>(0, 100'000), rc::gen::inRange<std::uint32_t>(0, 100'000), iss,
      iss, rc::gen::inRange(0, 40), rc::gen::inRange(0, 30), rc::gen::inRange(0, 30),
      rc::gen::inRange<std::uint32_t>(0, 300), rc::gen::arbitrary<std::uint32_t>(),
      rc::gen::inRange(0, 400));
}

Fate draw_fate(const Trial& trial, RandomStream& random) {
  Fate fate;
  fate.lost = random.below(100) < static_cast<std::uint64_t>(trial.loss_percent);
  if (random.below(100) < static_cast<std::uint64_t>(trial.late_percent)) {
    fate.late = std::chrono::microseconds{random.below(500'000)};
  }
  if (random.below(100) < static_cast<std::uint64_t>(trial.copy_percent)) {
    fate.copy_later = std::chrono::microseconds{random.below(500'000)};
  }
  return fate;
}

/// What must hold however many segments were lost. A peer may have given up without a word that
/// arrived, so one side alone may stay; both alive with nothing to happen would be a deadlock.
std::string verdict(const Duet& duet, const Play& play) {
  if (!duet.broken().empty()) return duet.broken();
  const Part& client = duet.client();
  const Part& server = duet.server();
  if (client.socket_left && server.socket_left) return "no deadlock";
  const bool failed = client.error != Error::none || server.error != Error::none;
  if (failed || client.socket_left || server.socket_left || !client.connected) return "";
  if (!client.closed || !server.closed) return "both get to their end";
  if (client.received != play.server_bytes) return "the client gets every octet";
  if (server.received != play.client_bytes) return "the server gets every octet";
  return "";
}

Duet::Wire wire_of(const Trial& trial) {
  return [&trial, random = RandomStream{trial.wire_seed, "wire"}](std::uint64_t number,
                                                                  const tcp::Segment&) mutable {
    return number < trial.rough ? draw_fate(trial, random) : Fate{};
  };
}

void run_trial(const Trial& trial) {
  const Play play{.opening = trial.simultaneous ? Opening::simultaneous : Opening::listener,
                  .closing = static_cast<Closing>(trial.closing),
                  .client_bytes = trial.client_bytes,
                  .server_bytes = trial.server_bytes};
  Duet duet{profile_config(static_cast<ProfileId>(trial.client_profile)),
            profile_config(static_cast<ProfileId>(trial.server_profile)),
            std::chrono::milliseconds{trial.delay_ms}, wire_of(trial)};
  duet.client_iss = tcp::Seq{trial.client_iss};
  duet.server_iss = tcp::Seq{trial.server_iss};
  duet.segments_max = 3000;
  duet.run(play);
  const std::string rule = verdict(duet, play);
  if (!rule.empty()) RC_FAIL("wanted: " + rule + "\n" + duet.story());
}

}  // namespace

TEST_CASE("random wire: octets arrive once and in order, or an end is reported", "[property]") {
  rc::prop("for every trial", [] { run_trial(*trials()); });
}

TEST_CASE("clean wire: every exchange ends well", "[property]") {
  rc::prop("for every trial without loss", [] {
    Trial trial = *trials();
    trial.rough = 0;
    const Play play{.opening = trial.simultaneous ? Opening::simultaneous : Opening::listener,
                    .closing = static_cast<Closing>(trial.closing),
                    .client_bytes = trial.client_bytes,
                    .server_bytes = trial.server_bytes};
    Duet duet{profile_config(static_cast<ProfileId>(trial.client_profile)),
              profile_config(static_cast<ProfileId>(trial.server_profile)),
              std::chrono::milliseconds{trial.delay_ms}, wire_of(trial)};
    duet.client_iss = tcp::Seq{trial.client_iss};
    duet.server_iss = tcp::Seq{trial.server_iss};
    duet.run(play);
    RC_ASSERT(duet.broken().empty());
    RC_ASSERT(duet.client().error == Error::none);
    RC_ASSERT(duet.server().error == Error::none);
    RC_ASSERT(duet.client().received == trial.server_bytes);
    RC_ASSERT(duet.server().received == trial.client_bytes);
    RC_ASSERT(!duet.client().socket_left && !duet.server().socket_left);
  });
}
