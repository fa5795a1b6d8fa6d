#pragma once

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/compare/history.hpp"
#include "lastack/compare/read.hpp"
#include "lastack/scenario/value.hpp"

namespace lastack::compare {

// The readers of both kinds of files use the scenario loader's JSON values: they say in the same
// words what is wanted and what is there.
using scenario::Json;
using scenario::Value;

/// The History of JSON Lines as `lastack run --trace` writes them. Throws InputError.
History read_trace(std::istream& in, const std::string& file);

/// Where JSON text is none, and why.
struct SyntaxProblem {
  std::optional<std::size_t> line;  ///< from 1
  std::string text;                 ///< "column 7: …"
};
SyntaxProblem syntax_problem(const scenario::JsonProblem& problem);

/// "CLOSED", "SYN_SENT" and so on.
tcp::State state_in(const Value& value);
/// Flags in tcpdump's notation.
tcp::Flags flags_in(const Value& value);
/// What a call came to: a number, a word or nothing.
Call::Result result_in(std::optional<Value> value);

}  // namespace lastack::compare
