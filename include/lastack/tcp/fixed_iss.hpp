#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// Initial sequence numbers that are fixed from outside: one for each connection in order, the last
/// for all that follow. Without any the host chooses (RFC 9293, 3.4.1).
class FixedIss {
 public:
  FixedIss() = default;
  FixedIss(Seq all) : numbers_{all} {}  ///< of every connection
  FixedIss(std::optional<Seq> all) {    ///< of every connection, or none
    if (all) numbers_.push_back(*all);
  }
  /// One for each connection, in order; the last stays.
  explicit FixedIss(std::vector<Seq> numbers) : numbers_{std::move(numbers)} {}

  bool empty() const { return numbers_.empty(); }  ///< the host chooses
  /// Of the connection with this number, from 0; nothing: the host chooses.
  std::optional<Seq> of(std::uint64_t connection) const {
    if (numbers_.empty()) return std::nullopt;
    return numbers_[std::min<std::uint64_t>(connection, numbers_.size() - 1)];
  }
  /// The same only where a list has an entry for this very connection.
  std::optional<Seq> listed(std::uint64_t connection) const {
    if (numbers_.size() < 2 || connection >= numbers_.size()) return std::nullopt;
    return numbers_[connection];
  }

 private:
  std::vector<Seq> numbers_;
};

}  // namespace lastack::tcp
