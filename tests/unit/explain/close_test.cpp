// What ended a connection, or did not.
#include <catch2/catch.hpp>

#include "explained.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace lastack::explain {

namespace {

/// A client that connects at 0 s and closes at 100 ms.
const std::string closes = R"("apps": [)" + listens +
                           R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                                 "steps": [{"until": "100ms"}, {"close": true}]}])";

/// A server that never closes.
const std::string keeps_open = R"({"host": "server", "listen": 80, "steps": [{"hold": true}]})";

}  // namespace

TEST_CASE("explain: an orphan whose FINs are lost gives up by tcp_orphan_retries", "[explain]") {
  const Explained t{closes + R"(, "sysctl": {"tcp_orphan_retries": 2},
                        "faults": [{"on": "client->server", "flags": "F.", "do": "drop"}])"};
  const Chain& gave_up = t.chain("client:40000 went from FIN_WAIT_1 to CLOSED: retries used up.");
  CHECK(gave_up.why ==
        "client sent FIN 3 times, and each was lost; the last wait, of 4 s, ended, and no retry "
        "was left.");
  CHECK(gave_up.rule == "tcp_orphan_retries = 2; RFC 9293, 3.8.3");
  CHECK(times_of(gave_up) == "100 ms, 1.1 s, 3.1 s, 7.1 s");

  const Chain& left = t.chain("server:80 was still ESTABLISHED when the run ended");
  CHECK_THAT(left.why, StartsWith("client:40000 was CLOSED: the connection was half-open;") &&
                           Contains("it would stay so for ever"));
  CHECK(left.rule == "RFC 9293, 3.5.1");
}

TEST_CASE("explain: with its socket open, tcp_retries2 decides instead", "[explain]") {
  const Explained t{R"("sysctl": {"tcp_retries2": 1, "tcp_orphan_retries": 7},
    "apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"until": "100ms"}, {"shutdown": "write"}, {"hold": true}]}],
    "faults": [{"on": "client->server", "flags": "F.", "do": "drop"}])"};
  const Chain& chain = t.chain("client:40000 went from FIN_WAIT_1 to CLOSED");
  CHECK(chain.rule == "tcp_retries2 = 1; RFC 9293, 3.8.3");
}

TEST_CASE("explain: what arrived but was never answered audibly is not called lost", "[explain]") {
  const Explained t{closes + R"(, "sysctl": {"tcp_orphan_retries": 1},
                        "faults": [{"on": "server->client", "after": "100ms", "do": "drop"}])"};
  const Chain& chain = t.chain("client:40000 went from FIN_WAIT_1 to CLOSED");
  CHECK_THAT(chain.why, StartsWith("client sent FIN twice; no answer that it could use came back; "
                                   "of the ") &&
                            Contains(" segments that server sent then, none got through"));
}

TEST_CASE("explain: an orphan's FIN_WAIT_2 ends by tcp_fin_timeout", "[explain]") {
  const std::string connects = R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                                     "setsockopt": {}, "steps": [{"close": true}]}])";
  const Explained t{R"("sysctl": {"tcp_fin_timeout": 30}, "apps": [)" + keeps_open + connects};
  const Chain& chain = t.chain("client:40000 went from FIN_WAIT_2 to CLOSED");
  CHECK(chain.why ==
        "The FIN of server never came: server:80 was in CLOSE_WAIT then, for its application had "
        "not called close().");
  CHECK(chain.rule == "tcp_fin_timeout = 30 s");
}

TEST_CASE("explain: TIME_WAIT ends after 2 MSL", "[explain]") {
  const Explained t{closes + R"(, "msl": "20s")"};
  const Chain& chain = t.chain("client:40000 went from TIME_WAIT to CLOSED");
  CHECK(chain.rule == "2 MSL = 40 s; RFC 9293, 3.6.1");
  CHECK_THAT(chain.steps.back().text,
             StartsWith("The TIME_WAIT timer of client:40000 ran out after 40 s"));
}

TEST_CASE("explain: a new SYN takes over a pair in TIME_WAIT, and both connections are explained",
          "[explain]") {
  const Explained t{R"("profile": "linux-6",
    "apps": [{"host": "server", "listen": 80, "steps": [{"sleep": "100ms"}, {"close": true}]},
             {"host": "client", "connect": "server:80", "from_port": 40000,
              "steps": [{"recv": "eof"}, {"close": true}]},
             {"host": "client", "connect": "server:80", "from_port": 40000, "at": "5s",
              "steps": [{"recv": "eof"}, {"close": true}]}])",
                    {"client:40000"}};
  CHECK(t.explanation()->connections == 2);
  REQUIRE(t.explanation()->stories.size() == 2);
  const Chain& taken = t.chain("server:80 went from TIME_WAIT to CLOSED: new connection.");
  CHECK(taken.rule == "RFC 9293, 3.6.1; RFC 6191");
  CHECK(&taken >= t.story(0).chains.data());
  CHECK(&taken < t.story(0).chains.data() + t.story(0).chains.size());  // the first one's
  const Chain& opened = t.story(1).chains.front();
  CHECK(opened.at == sim_start + 5s + 20ms);
  CHECK(opened.steps[1].rule == "RFC 9293, 3.10.7.4");  // in TIME-WAIT
}

TEST_CASE("explain: unanswered keepalive is reported with its probes and its options",
          "[explain]") {
  const Explained t{R"("apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "setsockopt": {"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5},
                     "steps": [{"hold": true}]}],
    "sysctl": {"tcp_keepalive_probes": 2},
    "events": [{"at": "1s", "host": "server", "do": "power_off"}])"};
  const Chain& chain = t.chain("client:40000 went from ESTABLISHED to CLOSED: keepalive");
  CHECK(
      chain.why ==
      "client sent a keepalive probe twice, and each was lost; server had not been heard from for "
      "20 s.");
  CHECK(chain.rule ==
        "TCP_KEEPIDLE = 10 s, TCP_KEEPINTVL = 5 s, tcp_keepalive_probes = 2; RFC 9293, 3.8.4");
  CHECK_THAT(chain.steps.front().text, Contains("but the host server was switched off"));
}

TEST_CASE("explain: TCP_USER_TIMEOUT stands in place of tcp_retries2", "[explain]") {
  const Explained t{R"("profile": "linux-6", "apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "setsockopt": {"TCP_USER_TIMEOUT": 3000},
                     "steps": [{"until": "2s"}, {"send": 100}, {"hold": true}]}],
    "events": [{"at": "1s", "host": "server", "do": "power_off"}])"};
  const Chain& chain = t.chain("client:40000 went from ESTABLISHED to CLOSED: retries used up.");
  CHECK_THAT(chain.why, Contains("client sent data (100 bytes) ") &&
                            Contains("and the user timeout was over."));
  CHECK(chain.rule == "TCP_USER_TIMEOUT = 3000 ms; RFC 9293, 3.8.3");
}

TEST_CASE("explain: a reboot is reported, and the RST for what comes later", "[explain]") {
  const Explained t{R"("apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"until": "2s"}, {"send": 1}, {"hold": true}]}],
    "events": [{"at": "1s", "host": "server", "do": "reboot"}])"};
  CHECK(t.chain("server:80 went from ESTABLISHED to CLOSED: reboot.").steps.back().text ==
        "server was rebooted.");
  CHECK(t.chain("client:40000 went from ESTABLISHED to CLOSED: rst arrives.").why ==
        "server answered the data (1 byte) with RST, since no connection was there for it.");
}

TEST_CASE("explain: too many orphans are reported as that, with the setting", "[explain]") {
  const Explained t{closes + R"(, "profile": "linux-6", "sysctl": {"tcp_max_orphans": 0})"};
  const Chain& chain = t.chain("client:40000 went from FIN_WAIT_1 to CLOSED: too many orphans.");
  CHECK(chain.rule == "tcp_max_orphans = 0");
}

TEST_CASE("explain: a forged RST that a challenge ACK answers is reported last", "[explain]") {
  const Explained t{R"("profile": "rfc9293", "apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"hold": true}]}],
    "inject": [{"at": "1s", "from": "server", "to": "client", "sport": 80, "dport": 40000,
                "flags": "R", "seq": "iss+100"}])"};
  REQUIRE_FALSE(t.story().besides.empty());
  const Step& step = t.story().besides.front();
  CHECK(step.at == sim_start + 1s);
  CHECK_THAT(step.text, StartsWith("The forged RST arrived at client, which threw it away") &&
                            Contains("client sent a challenge ACK"));
  CHECK_THAT(step.rule, Contains("RFC 5961, 3.2"));
}

TEST_CASE("explain: a forged RST that fits is named as what ended the connection", "[explain]") {
  const Explained t{R"("apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"hold": true}]}],
    "inject": [{"at": "1s", "from": "server", "to": "client", "sport": 80, "dport": 40000,
                "flags": "R", "seq": "iss+1"}])"};
  const Chain& chain = t.chain("client:40000 went from ESTABLISHED to CLOSED: rst arrives.");
  CHECK(chain.why == "The RST was forged: server had not sent it, but its number fitted.");
}

TEST_CASE("explain: a FIN that arrives together with data is reported with the close() behind it",
          "[explain]") {
  const Explained t{R"("apps": [
    {"host": "server", "listen": 80, "steps": [{"send": 100}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000,
     "steps": [{"recv": "eof"}, {"close": true}]}])"};
  const Chain& chain = t.chain("client:40000 went from LAST_ACK to CLOSED");
  REQUIRE(chain.steps.size() > 3);
  std::string text;
  for (const Step& step : chain.steps) text += step.text + "\n";
  CHECK_THAT(text, Contains("The application of server called close(); server:80 went from "
                            "ESTABLISHED to FIN_WAIT_1; server sent FIN.\n"
                            "The FIN arrived at client; client:40000 went from ESTABLISHED to "
                            "CLOSE_WAIT"));
}

TEST_CASE("explain: the close() that makes an orphan is reported, though timers decide",
          "[explain]") {
  // Data is repeated at 1 and 3 s; close() comes between; its FIN waits behind the data.
  const Explained t{R"("sysctl": {"tcp_orphan_retries": 2}, "apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"until": "100ms"}, {"send": 1}, {"until": "2s"}, {"close": true}]}],
    "faults": [{"on": "client->server", "after": "50ms", "do": "drop"}])"};
  const Chain& chain = t.chain("client:40000 went from FIN_WAIT_1 to CLOSED: retries used up.");
  std::size_t times = 0;
  for (const Step& step : chain.steps) {
    const bool named = step.text.starts_with("The application of client called close()");
    if (named) CHECK(step.at == sim_start + 2s);
    times += named ? 1U : 0U;
  }
  CHECK(times == 1);
}

TEST_CASE("explain: a close() is reported where its own end is, though it led to the other's, too",
          "[explain]") {
  // Both close at 100 ms; the forged RST ends the client before the server's chain begins.
  const Explained t{R"("profile": "textbook", "apps": [
    {"host": "server", "listen": 80, "steps": [{"until": "100ms"}, {"close": true}]},
    {"host": "client", "connect": "server:80", "from_port": 40000,
     "steps": [{"until": "100ms"}, {"close": true}]}],
    "inject": [{"at": "115ms", "from": "server", "to": "client", "sport": 80, "dport": 40000,
                "flags": "R", "seq": "iss+2"}])"};
  const Chain& chain = t.chain("client:40000 went from CLOSING to CLOSED: rst arrives.");
  CHECK_THAT(chain.steps.front().text, StartsWith("The application of client called close();"));
}

TEST_CASE("explain: under Linux a number of retries is reported as the time that it stands for",
          "[explain]") {
  // 200 ms, then twice as long for each of two retries: 200 + 400 + 800 ms.
  const Explained t{closes + R"(, "profile": "linux-6", "sysctl": {"tcp_orphan_retries": 2},
                        "faults": [{"on": "client->server", "flags": "F.", "do": "drop"}])"};
  const Chain& chain = t.chain("client:40000 went from FIN_WAIT_1 to CLOSED: retries used up.");
  CHECK(chain.rule ==
        "tcp_orphan_retries = 2, which Linux takes as 1.4 s of time; RFC 9293, 3.8.3");
  CHECK_THAT(chain.why, EndsWith("and the time for retries was over."));
}

TEST_CASE("explain: what is sent too late to matter does not count among the lost answers",
          "[explain]") {
  // The client gives up at 3 s. The server's SYN-ACKs of 10 ms, 1.01 s (twice) were before that;
  // that of its timer, 3.01 s, was not, and neither would one of 2.995 s have been in time.
  const Explained t{R"("sysctl": {"tcp_syn_retries": 1}, "apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000}],
    "hosts": {"client": {}, "server": {"initial_rto": "995ms"}},
    "faults": [{"on": "server->client", "do": "drop"}])"};
  // 10 ms, 1.005 s by its timer, 1.01 s for the SYN that came again, 2.995 s by its timer.
  const Chain& chain = t.chain("connect() of client failed with ETIMEDOUT after 3 s.");
  CHECK_THAT(chain.why, Contains("of the 3 segments that server sent then, none got through"));
}

TEST_CASE("explain: an end whose host has no power, and the other one, are reported with that",
          "[explain]") {
  const Explained t{R"("apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"hold": true}]}],
    "events": [{"at": "1s", "host": "server", "do": "power_off"}])"};
  CHECK_THAT(t.chain("client:40000 was still ESTABLISHED").why,
             StartsWith("The host server was switched off at 1 s; ") &&
                 EndsWith("it would stay so for ever."));
  CHECK(t.chain("server:80 was still ESTABLISHED").why ==
        "The host server was switched off at 1 s.");
}

TEST_CASE("explain: an end in CLOSE_WAIT waits for its application", "[explain]") {
  const Explained t{R"("sysctl": {"tcp_fin_timeout": 30}, "apps": [)" + keeps_open +
                    R"(, {"host": "client", "connect": "server:80", "from_port": 40000,
                     "steps": [{"close": true}]}])"};
  CHECK_THAT(t.chain("server:80 was still CLOSE_WAIT").why,
             StartsWith("The application of server had not called close(); "));
  CHECK(t.chain("server:80 was still CLOSE_WAIT").rule == "RFC 9293, 3.6; RFC 9293, 3.5.1");
}

}  // namespace lastack::explain
