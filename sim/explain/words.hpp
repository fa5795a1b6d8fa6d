#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lastack/event/event.hpp"

namespace lastack::explain {

/// "once", "twice", "3 times".
std::string so_often(std::uint64_t times);

/// "2nd", "3rd", "11th".
std::string ordinal(std::uint64_t number);

/// "SYN ACK", "FIN with 2 bytes", "data (100 bytes)", "challenge ACK".
std::string spoken(const trace::Send& send);
/// "an RST", "a forged SYN", "data (100 bytes)".
std::string with_article(const trace::Send& send);
/// As what a host sent: "SYN", "a duplicate ACK".
std::string spoken_as_sent(const trace::Send& send);
/// "one of which was lost", "3 of which were lost".
std::string some_of_which(std::uint64_t number, std::string_view fate);
/// The system calls that connecting takes.
enum class SystemCall { socket, bind, connect };
/// "socket" and the like.
std::string_view name_of(SystemCall call);
/// Which of them fails with an errno.
SystemCall failing_call(tcp::Error error);

/// "called close()", "read 1000 bytes".
std::string spoken(const trace::AppCall& call);

/// Adds to "RFC 9293, 3.10.1; tcp_sack = 1" what does not stand there.
void add_rule(std::string& rules, std::string_view more);

/// Why a packet did not arrive or was not taken, to follow "but": "a fault of the scenario took
/// it". Of a host's own refusal, to follow "since": "the accept queue was full". `state` is that of
/// the end that it reached.
std::string_view reason_of(const trace::Drop& drop, const trace::Send& send, tcp::State state);

}  // namespace lastack::explain
