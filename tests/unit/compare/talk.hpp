#pragma once

#include <string>
#include <string_view>

#include "lastack/compare/comparison.hpp"
#include "lastack/compare/history.hpp"

namespace lastack::test {

/// A history written as a conversation, one deed a line, between client:40000 and server:80:
///
///     0.000 client sends S 0 mss 1460
///     0.010 server sends S. 0 ack 1, dropped
///     0.020 client sends P. 1:101 ack 1 win 63 sack 1461-2921
///     0.030 server shows SYN_RCVD        (a row of a recording's socket table; `nothing`: gone)
///     0.030 server enters ESTABLISHED    (a change of state in a trace)
///     0.040 server listens               (its listener enters LISTEN)
///     0.040 client connect: recv eof = 0
///     0.050 client forges S old+0
///
/// Comments follow two blanks and `#`. With a row of the socket table it is a recording, which
/// `recording` makes it anyway.
compare::History conversation(std::string_view lines);
compare::History recording(std::string_view lines);

/// The aspects in which two conversations differ, those counted apart in brackets:
/// "segments states (win)"; "" where they agree.
std::string differing(const compare::History& left, const compare::History& right,
                      const compare::Tolerance& tolerance = {});
std::string differing(std::string_view left, std::string_view right,
                      const compare::Tolerance& tolerance = {});

}  // namespace lastack::test
