// States put together from tracepoints and socket tables.
#include "kernel/states.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "kernel/tracefs.hpp"

using namespace lastack;
using kernel::Journal;
using kernel::Observed;
using kernel::SocketChange;
using tcp::State;

namespace {

constexpr trace::HostId client{0};
constexpr trace::HostId server{1};

SimTime at(SimDuration time) { return sim_start + time; }

SocketChange change(SimDuration time, std::optional<State> was, std::optional<State> now) {
  return {at(time), server, 80, 40000, was, now, client};
}

/// A segment that the client sent, as it reaches the server.
void arrives(std::vector<Journal::Entry>& journal, SimDuration time, tcp::Flags flags) {
  const std::uint64_t id = journal.size() + 1;
  tcp::Segment segment;
  segment.flags = flags;
  journal.push_back(
      {at(time - 10ms),
       trace::Send{id, {client, 40000}, {server, 80}, segment, tcp::SendReason::ack}});
  journal.push_back({at(time), trace::Receive{id, server}});
}

/// "30ms SYN_RCVD" and so on, of the connection alone.
std::vector<std::string> path(const Observed& observed,
                              const std::vector<Journal::Entry>& journal) {
  std::vector<std::string> out;
  for (const Journal::Entry& entry : kernel::deduce_states(observed, journal)) {
    const auto& state = std::get<trace::StateChange>(entry.what);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(entry.at - sim_start);
    out.push_back(std::to_string(ms.count()) + "ms " + std::string{tcp::name_of(state.to)});
  }
  return out;
}

using Path = std::vector<std::string>;

}  // namespace

TEST_CASE("states: a request is dated to its SYN, a full socket to its tracepoint", "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 10ms, tcp::Flags::syn);
  arrives(journal, 50ms, tcp::Flags::ack);
  Observed seen;
  seen.samples.resize(2);
  seen.has_tracepoints = true;
  seen.samples[1] = {at(0ms), at(14ms), at(55ms)};
  seen.table = {change(14ms, {}, State::syn_rcvd),
                change(55ms, State::syn_rcvd, State::established)};
  seen.tracepoints = {change(51ms, State::listen, State::syn_rcvd),
                      change(51ms, State::syn_rcvd, State::established)};
  CHECK(path(seen, journal) == Path{"10ms SYN_RCVD", "51ms ESTABLISHED"});
}

TEST_CASE("states: a request that no reading showed began with its SYN", "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 10ms, tcp::Flags::syn);
  Observed seen;
  seen.samples.resize(2);
  seen.has_tracepoints = true;
  seen.samples[1] = {at(0ms), at(20ms)};
  seen.tracepoints = {change(12ms, State::listen, State::syn_rcvd),
                      change(12ms, State::syn_rcvd, State::established)};
  CHECK(path(seen, journal) == Path{"10ms SYN_RCVD", "12ms ESTABLISHED"});
}

TEST_CASE("states: a request that gives up ends where the table shows none", "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 10ms, tcp::Flags::syn);
  Observed seen;
  seen.samples.resize(2);
  seen.has_tracepoints = true;
  seen.samples[1] = {at(0ms), at(14ms), at(980ms), at(1000ms)};
  seen.table = {change(14ms, {}, State::syn_rcvd), change(1000ms, State::syn_rcvd, {})};
  CHECK(path(seen, journal) == Path{"10ms SYN_RCVD", "1000ms CLOSED"});
}

TEST_CASE("states: what a full socket leaves behind is not CLOSED", "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 200ms, tcp::Flags::fin | tcp::Flags::ack);
  Observed seen;
  seen.samples.resize(2);
  seen.has_tracepoints = true;
  seen.samples[1] = {at(0ms), at(90ms), at(105ms), at(206ms), at(60'206ms)};
  seen.table = {
      change(90ms, {}, State::established), change(105ms, State::established, State::fin_wait_2),
      change(206ms, State::fin_wait_2, State::time_wait), change(60'206ms, State::time_wait, {})};
  seen.tracepoints = {change(50ms, State::listen, State::syn_rcvd),
                      change(50ms, State::syn_rcvd, State::established),
                      change(95ms, State::established, State::fin_wait_1),
                      change(100ms, State::fin_wait_1, State::fin_wait_2),
                      change(100ms, State::fin_wait_2, State::closed)};  // an orphan becomes small
  CHECK(path(seen, journal) == Path{"50ms SYN_RCVD", "50ms ESTABLISHED", "95ms FIN_WAIT_1",
                                    "100ms FIN_WAIT_2", "200ms TIME_WAIT", "60206ms CLOSED"});
}

TEST_CASE("states: a new SYN takes the place of TIME_WAIT", "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 300ms, tcp::Flags::syn);
  Observed seen;
  seen.samples.resize(2);
  seen.has_tracepoints = true;
  seen.samples[1] = {at(0ms), at(205ms), at(303ms)};
  seen.table = {change(205ms, {}, State::time_wait),
                change(303ms, State::time_wait, State::syn_rcvd)};
  seen.tracepoints = {change(100ms, State::listen, State::syn_rcvd),
                      change(100ms, State::syn_rcvd, State::established),
                      change(200ms, State::established, State::closed)};
  CHECK(path(seen, journal) == Path{"100ms SYN_RCVD", "100ms ESTABLISHED", "200ms TIME_WAIT",
                                    "300ms CLOSED", "300ms SYN_RCVD"});
}

TEST_CASE("states: without tracepoints the table alone decides", "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 10ms, tcp::Flags::syn);
  arrives(journal, 50ms, tcp::Flags::ack);
  Observed seen;
  seen.samples.resize(2);
  seen.samples[1] = {at(0ms), at(14ms), at(55ms), at(75ms)};
  seen.table = {change(14ms, {}, State::syn_rcvd),
                change(55ms, State::syn_rcvd, State::established),
                change(75ms, State::established, {})};
  CHECK(path(seen, journal) == Path{"10ms SYN_RCVD", "50ms ESTABLISHED", "75ms CLOSED"});
}

TEST_CASE("states: without tracepoints, what opened between two readings began with its SYN",
          "[kernel]") {
  std::vector<Journal::Entry> journal;
  arrives(journal, 11ms, tcp::Flags::syn);
  arrives(journal, 13ms, tcp::Flags::ack);
  Observed seen;
  seen.samples.resize(2);
  seen.samples[1] = {at(0ms), at(10ms), at(14ms)};
  seen.table = {change(14ms, {}, State::established)};
  CHECK(path(seen, journal) == Path{"11ms SYN_RCVD", "13ms ESTABLISHED"});
}

TEST_CASE("states: a tracepoint from before the port was bound gets that of its SYN", "[kernel]") {
  tcp::Segment syn;
  syn.flags = tcp::Flags::syn;
  const std::vector<Journal::Entry> journal{
      {at(1ms), trace::Send{1, {client, 50001}, {server, 80}, syn, tcp::SendReason::syn}},
      {at(2ms), trace::Send{2, {client, 50002}, {server, 80}, syn, tcp::SendReason::syn}}};
  std::vector<SocketChange> points{
      {at(0ms), client, 0, 80, State::closed, State::syn_sent, server},
      {at(1ms), client, 0, 80, State::closed, State::syn_sent, server}};
  kernel::name_ports(points, journal);
  CHECK(points[0].local == 50001);
  CHECK(points[1].local == 50002);
}

TEST_CASE("tracefs: a line of inet_sock_set_state is read, others are not", "[kernel]") {
  const std::string line =
      "          <idle>-0       [001] ..s2.  1234.567890: inet_sock_set_state: family=AF_INET "
      "protocol=IPPROTO_TCP sport=80 dport=40000 saddr=10.64.0.2 daddr=10.64.0.1 "
      "saddrv6=::ffff:10.64.0.2 daddrv6=::ffff:10.64.0.1 oldstate=TCP_SYN_RECV "
      "newstate=TCP_ESTABLISHED";
  const auto read = kernel::parse_trace_line(line);
  REQUIRE(read);
  CHECK(read->ns == 1'234'567'890'000);
  CHECK(read->own == tcp::Address{0x0a400002});
  CHECK(read->other == tcp::Address{0x0a400001});
  CHECK(read->change.local == 80);
  CHECK(read->change.remote == 40000);
  CHECK(read->change.was == State::syn_rcvd);
  CHECK(read->change.now == State::established);
  for (const char* other : {"", "# tracer: nop", "CPU:1 [LOST 5 EVENTS]",
                            "x 1.2: inet_sock_set_state: sport=80", ": inet_sock_set_state: "}) {
    CHECK_FALSE(kernel::parse_trace_line(other));
  }
  CHECK_FALSE(kernel::parse_trace_line(line.substr(0, line.size() - 4)));
}

TEST_CASE("states: hosts that connect from the same port have a connection each", "[kernel]") {
  constexpr trace::HostId other_client{2};
  Observed seen;
  seen.samples.resize(3);
  seen.samples[1] = {at(0ms), at(14ms), at(30ms)};
  SocketChange theirs = change(30ms, {}, State::syn_rcvd);
  theirs.peer = other_client;
  seen.table = {change(14ms, {}, State::syn_rcvd), theirs};
  const auto entries = kernel::deduce_states(seen, {});
  REQUIRE(entries.size() == 2);
  CHECK(std::get<trace::StateChange>(entries[0].what).remote == trace::End{client, 40000});
  CHECK(std::get<trace::StateChange>(entries[1].what).remote == trace::End{other_client, 40000});
}
