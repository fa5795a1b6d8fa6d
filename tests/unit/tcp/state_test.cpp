#include "lastack/tcp/state.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "support/printers.hpp"

using namespace lastack::tcp;

namespace {

State state(std::size_t i) { return static_cast<State>(i); }

}  // namespace

TEST_CASE("State: names are those of the trace, each its own", "[tcp][state]") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < state_count; ++i) names.emplace(name_of(state(i)));
  CHECK(names == std::set<std::string>{"CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED",
                                       "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",
                                       "LAST_ACK", "TIME_WAIT"});
}

TEST_CASE("State: the arrows of RFC 9293, Figure 5", "[tcp][state]") {
  CHECK(is_transition(State::closed, State::listen));
  CHECK(is_transition(State::closed, State::syn_sent));
  CHECK(is_transition(State::listen, State::syn_rcvd));
  CHECK(is_transition(State::syn_sent, State::syn_rcvd));
  CHECK(is_transition(State::syn_sent, State::established));
  CHECK(is_transition(State::syn_rcvd, State::established));
  CHECK(is_transition(State::syn_rcvd, State::fin_wait_1));
  CHECK(is_transition(State::established, State::fin_wait_1));
  CHECK(is_transition(State::established, State::close_wait));
  CHECK(is_transition(State::fin_wait_1, State::fin_wait_2));
  CHECK(is_transition(State::fin_wait_1, State::closing));
  CHECK(is_transition(State::fin_wait_1, State::time_wait));  // FIN and ACK in one segment
  CHECK(is_transition(State::fin_wait_2, State::time_wait));
  CHECK(is_transition(State::close_wait, State::last_ack));
  CHECK(is_transition(State::closing, State::time_wait));
  CHECK(is_transition(State::last_ack, State::closed));
  CHECK(is_transition(State::time_wait, State::closed));
}

TEST_CASE("State: no way back, no shortcut", "[tcp][state]") {
  CHECK_FALSE(is_transition(State::established, State::syn_rcvd));
  CHECK_FALSE(is_transition(State::established, State::established));
  CHECK_FALSE(is_transition(State::fin_wait_1, State::established));
  CHECK_FALSE(is_transition(State::fin_wait_2, State::closing));
  CHECK_FALSE(is_transition(State::fin_wait_2, State::fin_wait_1));
  CHECK_FALSE(is_transition(State::close_wait, State::fin_wait_1));
  CHECK_FALSE(is_transition(State::close_wait, State::time_wait));
  CHECK_FALSE(is_transition(State::last_ack, State::time_wait));
  CHECK_FALSE(is_transition(State::time_wait, State::established));
  CHECK_FALSE(is_transition(State::syn_sent, State::listen));
}

TEST_CASE("State: every state can end", "[tcp][state]") {
  for (std::size_t i = 0; i < state_count; ++i) {
    CHECK(is_transition(state(i), State::closed) == (state(i) != State::closed));
  }
}

TEST_CASE("SendReason: what counts as retransmission", "[tcp][state]") {
  for (const SendReason why : {SendReason::rto, SendReason::tlp, SendReason::fast_retransmit,
                               SendReason::synack_timeout, SendReason::syn_repeat}) {
    CAPTURE(name_of(why));
    CHECK(is_retransmission(why));
  }
  for (const SendReason why :
       {SendReason::syn, SendReason::synack, SendReason::ack, SendReason::delack, SendReason::data,
        SendReason::fin, SendReason::reset, SendReason::dup_ack, SendReason::challenge,
        SendReason::keepalive, SendReason::window_update, SendReason::time_wait}) {
    CAPTURE(name_of(why));
    CHECK_FALSE(is_retransmission(why));
  }
}

TEST_CASE("Error: names are errno's", "[tcp][state]") {
  CHECK(name_of(Error::none) == "ok");
  CHECK(name_of(Error::would_block) == "EAGAIN");
  CHECK(name_of(Error::timed_out) == "ETIMEDOUT");
  CHECK(name_of(Error::connection_refused) == "ECONNREFUSED");
  CHECK(name_of(Error::connection_reset) == "ECONNRESET");
  CHECK(name_of(Error::broken_pipe) == "EPIPE");
  CHECK(name_of(Error::address_not_available) == "EADDRNOTAVAIL");
  CHECK(name_of(Error::address_in_use) == "EADDRINUSE");
  CHECK(name_of(Error::not_connected) == "ENOTCONN");
}
