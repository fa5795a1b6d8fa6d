#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lastack/compare/history.hpp"
#include "lastack/core/time.hpp"

namespace lastack::compare {

/// The initial sequence numbers that each end has used, and what numbers are relative to them.
class IsnBook {
 public:
  /// Notes the number of a SYN; a number that is known already stays what it is.
  void learn(const SocketName& end, std::uint32_t isn, SentSegment::Maker maker);

  /// `number` of `end`, relative to the ISN that it follows most closely.
  RelativeSeq relative(const SocketName& end, std::uint32_t number) const;

 private:
  struct Isn {
    std::string name;
    std::uint32_t number;
  };

  std::map<SocketName, std::vector<Isn>> known_;
};

/// A segment with the numbers that are on the wire.
struct WireSegment {
  struct Block {
    std::uint32_t left;
    std::uint32_t right;
  };

  std::uint64_t id = 0;
  SocketName from;
  SocketName to;  ///< the other end, as that sees itself
  tcp::Flags flags;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t len = 0;
  std::optional<std::uint32_t> win;
  SynOptions options;
  std::vector<Block> sack;
  SentSegment::Maker maker = SentSegment::Maker::host;
  bool relative = false;  ///< forged, and `seq` counts from a real connection's ISN
  enum class Kind { tcp, datagram } kind = Kind::tcp;
};

/// Makes a History of a trace's events, which come in the order of their times.
class HistoryBuilder {
 public:
  void sent(SimTime at, const WireSegment& segment);
  /// What became of a segment on the wire; the last word counts.
  void met(std::uint64_t id, Fate fate);
  void entered(SimTime at, SocketName socket, tcp::State to);
  void called(SimTime at, std::string host, std::string who, std::string call, Call::Result result);

  History take() {
    forget_needless_peers(history_);
    return std::move(history_);
  }

 private:
  /// The time of what comes next in the history.
  Seconds next(SimTime at);

  SimTime last_ = sim_start;
  History history_;
  IsnBook isns_;
  std::unordered_map<std::uint64_t, std::size_t> place_;  ///< by id, in history_.segments
};

}  // namespace lastack::compare
