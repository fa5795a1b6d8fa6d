// A small model run exhaustively: each subset of the first segments of a connection is lost.
#include <bitset>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "support/duet.hpp"
#include "support/printers.hpp"

using namespace lastack;
using namespace lastack::test;
using tcp::Error;
using tcp::ProfileId;

namespace {

constexpr unsigned choices = 10;  ///< of so many first segments each may be lost
constexpr SimDuration delay = 10ms;
constexpr std::uint64_t wrap_soon = 0xffff'fff8;

const std::vector<ProfileId> profiles{ProfileId::linux_6, ProfileId::linux_4, ProfileId::rfc9293,
                                      ProfileId::textbook};

struct Case {
  ProfileId client;
  ProfileId server;
  Play play;
};

bool timed_out_opening(const Part& part) {
  return !part.connected && part.error == Error::timed_out;
}

/// What must hold after so few losses; nothing if all is well.
std::string verdict(const Duet& duet, const Play& play) {
  if (!duet.broken().empty()) return duet.broken();
  const Part& client = duet.client();
  const Part& server = duet.server();
  if (client.socket_left || server.socket_left) return "nothing is left at the end";
  // A client may use up its SYNs; the server then never knew of it, or was refused by RST.
  if (timed_out_opening(client)) return "";
  if (client.error != Error::none) return "the client's calls succeed";
  if (server.error != Error::none) return "the server's calls succeed";
  if (!client.connected || !server.connected) return "both get connected";
  if (!client.closed || !server.closed) return "both get to their end";
  if (play.closing == Closing::orphaned) return "";
  if (client.received != play.server_bytes) return "the client gets every octet";
  if (server.received != play.client_bytes) return "the server gets every octet";
  return "";
}

void lose_every_subset(const Case& c) {
  for (unsigned lost = 0; lost < 1U << choices; ++lost) {
    Duet duet{profile_config(c.client), profile_config(c.server), delay,
              [&](std::uint64_t number, const tcp::Segment&) {
                return Fate{.lost = number < choices && (lost >> number & 1U) != 0};
              }};
    duet.client_iss = tcp::Seq{static_cast<std::uint32_t>(wrap_soon)};
    duet.segments_max = 300;
    duet.run(c.play);
    const std::string rule = verdict(duet, c.play);
    if (rule.empty()) continue;
    FAIL(name_of(c.client) << " and " << name_of(c.server) << ", lost (first segment rightmost) "
                           << std::bitset<choices>{lost} << ": wanted: " << rule << "\n"
                           << duet.story());
  }
}

}  // namespace

TEST_CASE("every subset of the first ten segments lost: data both ways, the client closes first",
          "[property]") {
  const ProfileId profile = GENERATE(from_range(profiles));
  lose_every_subset({profile, profile, {.client_bytes = 3000, .server_bytes = 2000}});
}

TEST_CASE("every subset of the first ten segments lost: data both ways, the server closes first",
          "[property]") {
  const ProfileId profile = GENERATE(from_range(profiles));
  lose_every_subset(
      {profile,
       profile,
       {.closing = Closing::server_first, .client_bytes = 100, .server_bytes = 4000}});
}

TEST_CASE("every subset of the first ten segments lost: both close together", "[property]") {
  const ProfileId profile = GENERATE(from_range(profiles));
  lose_every_subset(
      {profile, profile, {.closing = Closing::together, .client_bytes = 10, .server_bytes = 10}});
}

TEST_CASE("every subset of the first ten segments lost: no data, sockets given up at once",
          "[property]") {
  const ProfileId profile = GENERATE(from_range(profiles));
  lose_every_subset({profile, profile, {.closing = Closing::orphaned}});
}

TEST_CASE("every subset of the first ten segments lost: simultaneous open", "[property]") {
  const ProfileId profile = GENERATE(from_range(profiles));
  lose_every_subset({profile,
                     profile,
                     {.opening = Opening::simultaneous,
                      .closing = Closing::together,
                      .client_bytes = 100,
                      .server_bytes = 100}});
}

TEST_CASE("every subset of the first ten segments lost: between different profiles", "[property]") {
  const auto [client, server] = GENERATE(table<ProfileId, ProfileId>({
      {ProfileId::textbook, ProfileId::linux_6},
      {ProfileId::linux_6, ProfileId::textbook},
      {ProfileId::rfc9293, ProfileId::linux_6},
      {ProfileId::linux_6, ProfileId::rfc9293},
      {ProfileId::textbook, ProfileId::rfc9293},
      {ProfileId::rfc9293, ProfileId::textbook},
  }));
  lose_every_subset({client, server, {.client_bytes = 2000, .server_bytes = 1000}});
}
