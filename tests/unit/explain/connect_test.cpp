// Why connect succeeded late, or failed.
#include <catch2/catch.hpp>

#include "explained.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace lastack::explain {

namespace {

const std::string connects =
    R"({"host": "client", "connect": "server:80", "from_port": 40000, "steps": [{"hold": true}]})";
const std::string apps = R"("apps": [)" + listens + ", " + connects + "]";

}  // namespace

TEST_CASE("explain: a handshake without loss is its three segments", "[explain]") {
  const Explained t{apps};
  CHECK(t.story().connection == "client:40000 > server:80");
  const Chain& chain = t.chain("connect() of client succeeded after 20 ms.");
  CHECK(times_of(chain) == "0 s, 10 ms, 20 ms");
  CHECK(chain.why.empty());
  CHECK(chain.steps[1].text ==
        "The SYN arrived at server; server:80 went from CLOSED to SYN_RCVD; server sent SYN ACK.");
  CHECK(chain.steps[1].rule == "RFC 9293, 3.10.7.2");  // LISTEN STATE
  CHECK(chain.steps[2].rule == "RFC 9293, 3.10.7.3");  // SYN-SENT STATE
}

TEST_CASE("explain: connect fails when as many retries as tcp_syn_retries are lost, too",
          "[explain]") {
  const Explained t{apps + R"(, "sysctl": {"tcp_syn_retries": 2},
                      "faults": [{"on": "client->server", "flags": "S", "do": "drop"}])"};
  const Chain& chain = t.chain("connect() of client failed with ETIMEDOUT after 7 s.");
  CHECK(chain.why ==
        "client sent SYN 3 times, and each was lost; the last wait, of 4 s, ended, and no retry "
        "was left.");
  CHECK(chain.rule == "tcp_syn_retries = 2; RFC 9293, 3.8.3");
  CHECK(times_of(chain) == "0 s, 1 s, 3 s, 7 s");
  CHECK(chain.steps[2].text ==
        "The retransmission timer of client:40000 ran out after 2 s, twice the wait before; client "
        "sent SYN for the 3rd time, but a fault of the scenario took it.");
  CHECK(chain.steps[2].rule == "tcp_syn_retries = 2; RFC 6298, 5.4 to 5.6");
}

TEST_CASE("explain: TCP_SYNCNT stands in place of the setting that it replaces", "[explain]") {
  const Explained t{
      R"("apps": [)" + listens +
      R"(, {"host": "client", "connect": "server:80", "setsockopt": {"TCP_SYNCNT": 1}}],
                  "faults": [{"on": "client->server", "flags": "S", "do": "drop"}])"};
  const Chain& chain = t.chain("connect() of client failed with ETIMEDOUT after 3 s.");
  CHECK(chain.rule == "TCP_SYNCNT = 1; RFC 9293, 3.8.3");
}

TEST_CASE("explain: a setting is reported as it was at that time of the run", "[explain]") {
  const Explained t{apps + R"(, "sysctl": {"tcp_syn_retries": 5},
                      "events": [{"at": "2s", "host": "client", "sysctl": {"tcp_syn_retries": 2}}],
                      "faults": [{"on": "client->server", "flags": "S", "do": "drop"}])"};
  const Chain& chain = t.chain("connect() of client failed with ETIMEDOUT");
  CHECK_THAT(chain.rule, StartsWith("tcp_syn_retries = 2;"));
  CHECK_THAT(chain.steps[1].rule, Contains("tcp_syn_retries = 5;"));    // at 1 s
  CHECK_THAT(chain.steps[2].rule, StartsWith("tcp_syn_retries = 2;"));  // at 3 s
}

TEST_CASE("explain: Linux's linear timeouts are reported where they lengthen the attempt",
          "[explain]") {
  const Explained t{apps + R"(, "profile": "linux-6", "timer_wheel": false,
                      "faults": [{"on": "client->server", "flags": "S", "nth": "1-2", "do": "drop"}])"};
  const Chain& chain = t.chain("connect() of client succeeded after 2.02 s.");
  CHECK(chain.why == "client sent SYN 3 times, 2 of which were lost; server sent SYN ACK once.");
  REQUIRE(chain.steps.size() == 5);
  CHECK_THAT(chain.steps[2].text, Contains("ran out after 1 s;"));  // the wait did not double
  CHECK(chain.steps[2].rule ==
        "tcp_syn_retries = 6, tcp_syn_linear_timeouts = 4; RFC 6298, 5.4 and 5.6");
}

TEST_CASE("explain: a lost SYN ACK is reported as what its retry cures", "[explain]") {
  const Explained t{
      apps + R"(, "faults": [{"on": "server->client", "flags": "S.", "nth": 1, "do": "drop"}])"};
  const Chain& chain = t.chain("connect() of client succeeded");
  // At 1.01 s the SYN comes again and the server's own timer runs out, so that two follow.
  CHECK_THAT(chain.why, Contains("server sent SYN ACK 3 times, one of which was lost"));
}

TEST_CASE("explain: the first wait is reported with the initial RTO, later ones without",
          "[explain]") {
  const Explained t{apps + R"(, "hosts": {"client": {"initial_rto": "3s"}, "server": {}},
                      "faults": [{"on": "client->server", "flags": "S", "nth": "1-3", "do": "drop"}])"};
  const Chain& chain = t.chain("connect() of client succeeded after 21.02 s.");  // 3 + 6 + 12 s
  CHECK_THAT(chain.steps[1].rule, StartsWith("initial_rto = 3 s; RFC 6298, 2.1; "));
  CHECK(chain.steps[2].rule == "tcp_syn_retries = 5; RFC 6298, 5.4 to 5.6");
  CHECK(chain.steps[3].rule.empty());  // as in the step before
}

TEST_CASE("explain: a forged SYN is none of the host's own", "[explain]") {
  const Explained t{apps + R"(, "inject": [{"at": "15ms", "from": "client", "to": "server",
                          "sport": 40000, "dport": 80, "flags": "S", "seq": 90}])"};
  // It arrives after the client's own SYN, and the handshake takes no longer for it.
  CHECK(t.chain("connect() of client succeeded after 20 ms.").why.empty());
}

TEST_CASE("explain: where a forged SYN comes first, both are named by whom they were meant for",
          "[explain]") {
  const Explained t{forged_syn_first, {"client:40000"}};
  const Chain& chain = t.chain("connect() of client succeeded");
  CHECK(chain.why ==
        "client sent SYN twice; server sent SYN ACK twice; one of these answered a forged SYN.");
  CHECK(chain.steps.front().at == sim_start);
  CHECK_THAT(chain.steps.front().text, StartsWith("The application of client called connect()"));
}

TEST_CASE("explain: SYNs that were held back are reported as that", "[explain]") {
  const Explained t{apps + R"(, "faults": [{"on": "client->server", "flags": "S", "nth": 1,
                                       "do": "delay", "by": "5s"}])"};
  CHECK_THAT(t.chain("connect() of client succeeded after 1.02 s.").why,
             StartsWith("client sent SYN twice, one of which was held back on the way;"));
}

TEST_CASE("explain: a listener that failed for want of SO_REUSEADDR is reported", "[explain]") {
  const Explained t{R"("apps": [
    {"host": "server", "listen": 80, "close_at": "1s", "steps": [{"close": true}]},
    {"host": "server", "listen": 80, "at": "2s", "setsockopt": {"SO_REUSEADDR": 0}},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "3s",
     "steps": [{"recv": "eof"}, {"close": true}]}])",
                    {"client:40001"}};
  CHECK(t.chain("connect() of client failed with ECONNREFUSED").why ==
        "server answered the SYN with RST, since nobody listened on that port: who was to listen "
        "there had failed with EADDRINUSE at 2 s, without SO_REUSEADDR.");
}

TEST_CASE("explain: an accept that waited for a descriptor is reported with the limit",
          "[explain]") {
  const Explained t{R"("apps": [
    {"host": "server", "listen": 80, "limits": {"nofile": 5},
     "steps": [{"sleep": "1s"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2, "every": "10ms",
     "steps": [{"recv": "eof"}, {"close": true}]}])",
                    {"client:40001"}};
  // Of five, standard streams and the listener take four.
  CHECK_THAT(t.text(), Contains("The application of server accepted the connection only now: "
                                "accept() had failed with EMFILE at 40 ms. [limits.nofile = 5]"));
}

TEST_CASE("explain: the call that fails is named, also where it is not connect()", "[explain]") {
  const Explained t{R"("apps": [)" + listens +
                    R"(, {"host": "client", "connect": "server:80", "limits": {"nofile": 3}}])"};
  const Chain& chain = t.chain("socket() of client failed with EMFILE at once.");
  CHECK(chain.steps.front().text == "The application of client called socket().");
}

TEST_CASE("explain: each SYN that opens by a two-way handshake has the same rule", "[explain]") {
  // The first two SYNs come late, at 8 and at 10 s, and each opens another connection.
  const Explained t{R"("hosts": {"client": {"what_if": {"handshake": "two-way"}},
                            "server": {"what_if": {"handshake": "two-way"}}}, "msl": "250ms",
    "faults": [{"on": "client->server", "flags": "S", "nth": 1, "do": "delay", "by": "8s"},
               {"on": "client->server", "flags": "S", "nth": 2, "do": "delay", "by": "9s"}],
    "apps": [)" + listens +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                               "steps": [{"until": "4s"}, {"close": true}]}])"};
  std::size_t opened = 0;
  for (const Chain& chain : t.story().chains) {
    for (const Step& step : chain.steps) {
      if (!step.text.starts_with("The SYN arrived at server; server:80 went from CLOSED")) continue;
      ++opened;
      CHECK_THAT(step.rule, StartsWith("what_if: a two-way handshake"));
    }
  }
  CHECK(opened == 3);
}

TEST_CASE("explain: a refused connect is reported with the RST and why it was sent", "[explain]") {
  const Explained t{R"("apps": [{"host": "client", "connect": "server:81", "from_port": 40000}])"};
  const Chain& chain = t.chain("connect() of client failed with ECONNREFUSED after 20 ms.");
  CHECK(chain.why == "server answered the SYN with RST, since nobody listened on that port.");
  CHECK(chain.rule == "RFC 9293, 3.10.7.3");
  CHECK(chain.steps[1].rule == "RFC 9293, 3.10.7.1");  // CLOSED STATE
}

TEST_CASE("explain: SYNs that a full accept queue refuses are not called lost", "[explain]") {
  const Explained t{R"("profile": "linux-6",
    "sysctl": {"tcp_syn_retries": 1, "tcp_syn_linear_timeouts": 0},
    "apps": [{"host": "server", "listen": 80, "backlog": 0, "accept": false},
             {"host": "client", "connect": "server:80", "from_port": 40000, "count": 2,
              "every": "100ms"}])",
                    {"client:40001"}};
  const Chain& chain = t.chain("connect() of client failed with ETIMEDOUT");
  CHECK_THAT(chain.why, StartsWith("client sent SYN twice, and each was thrown away on arrival;"));
  CHECK_THAT(chain.steps.front().text, EndsWith("server threw it away, since the accept queue was "
                                                "full."));
  CHECK_THAT(chain.steps.front().rule,
             EndsWith("backlog = 0, somaxconn = 4096, tcp_abort_on_overflow = 0"));
}

TEST_CASE("explain: without a free port there is a connect to explain, but no connection",
          "[explain]") {
  const Explained t{R"("sysctl": {"ip_local_port_range": "40000 40001", "tcp_tw_reuse": 0},
    "apps": [{"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
             {"host": "client", "connect": "server:80", "count": 3, "every": "1s",
              "steps": [{"close": true}]}])"};
  CHECK(t.story().connection == "connect#3 of client");
  const Chain& chain = t.chain("connect() of client failed with EADDRNOTAVAIL at once.");
  CHECK(chain.why == "No port was free for it: client had 2 sockets in TIME_WAIT then.");
  CHECK(chain.rule == "ip_local_port_range = 40000 40001, tcp_tw_reuse = 0");
}

TEST_CASE("explain: reserved ports are named where no port is free", "[explain]") {
  const Explained t{R"("sysctl": {"ip_local_port_range": "40000 40002", "tcp_tw_reuse": 0,
                                  "ip_local_reserved_ports": "40001"},
    "apps": [{"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": true}]},
             {"host": "client", "connect": "server:80", "count": 3, "every": "1s",
              "steps": [{"close": true}]}])"};
  CHECK(t.chain("connect() of client failed with EADDRNOTAVAIL at once.").rule ==
        "ip_local_port_range = 40000 40002, ip_local_reserved_ports = 40001, tcp_tw_reuse = 0");
}

TEST_CASE("explain: a connect without an answer when the run ends is reported with its retries",
          "[explain]") {
  const Explained t{apps + R"(, "stop_at": "3500ms",
                      "faults": [{"on": "client->server", "flags": "S", "do": "drop"}])"};
  const Chain& chain = t.chain("client:40000 was still SYN_SENT when the run ended");
  CHECK(chain.outcome ==
        "client:40000 was still SYN_SENT when the run ended, and had been so for 3.5 s.");
  CHECK(chain.why ==
        "client sent SYN 3 times, and each was lost; the retransmission timer was to run out at 7 "
        "s.");
  CHECK(chain.rule.empty());  // no half-open connection: nobody thinks that it has one
  CHECK(times_of(chain) == "0 s, 1 s, 3 s");
}

TEST_CASE(
    "explain: a SYN cookie is reported by its setting, at the SYN and at the ACK that proves it",
    "[explain]") {
  const Explained t{apps + R"(, "profile": "linux-6", "sysctl": {"tcp_syncookies": 2})"};
  const Chain& connect = t.chain("connect() of client succeeded");
  CHECK(connect.steps[1].text == "The SYN arrived at server; server sent SYN ACK.");
  CHECK(connect.steps[1].rule == "tcp_syncookies = 2; RFC 4987, 3.6");
  const Chain& server = t.chain("server:80 was still ESTABLISHED");
  CHECK(server.steps.back().rule == "tcp_syncookies = 2; RFC 4987, 3.6");
}

TEST_CASE("explain: both ends of a simultaneous open are one connection", "[explain]") {
  const Explained t{R"("apps": [
    {"host": "client", "connect": "server:5000", "from_port": 4000, "steps": [{"hold": true}]},
    {"host": "server", "connect": "client:4000", "from_port": 5000, "steps": [{"hold": true}]}])"};
  REQUIRE(t.explanation());
  CHECK(t.story().connection == "client:4000 > server:5000");
  CHECK_THAT(t.text(), Contains("client:4000 went from SYN_SENT to SYN_RCVD") &&
                           Contains("server:5000 was still ESTABLISHED"));
}

}  // namespace lastack::explain
