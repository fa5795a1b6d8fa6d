#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lastack/core/random_stream.hpp"
#include "lastack/core/time.hpp"
#include "lastack/event/drop_reason.hpp"
#include "lastack/net/link.hpp"

namespace lastack::net {

/// Channels of one constant delay and nothing else, counted from 0.
using DelayClass = std::uint8_t;
inline constexpr DelayClass no_delay_class = 0xff;

enum class LinkState : std::uint8_t { down, up };

/// The expected value of a delay, by which routes are chosen.
SimDuration mean(const Delay& delay);
/// One delay, 0 or more; a constant one takes no number from the stream.
SimDuration draw(const Delay& delay, RandomStream& stream);

/// How one packet fares on a channel.
struct Passage {
  std::optional<trace::LossReason> lost{};  ///< why it is lost: loss, queue, mtu or link_down
  SimTime arrival{};                        ///< at the other end
  SimDuration held_back{};                  ///< how much of that is due to reordering
  bool corrupted = false;
  bool duplicated = false;  ///< a copy arrives too,
  SimTime copy_arrival{};   ///< not before the first
};

/// One direction of a link: decides what becomes of each packet the moment it is handed over, queue
/// and transmission included. What was handed over before the link goes down therefore arrives.
///
/// A packet passes, in this order: link down, MTU, loss, duplication, corruption, queue and rate,
/// delay and jitter, reordering. Each random choice has a stream of its own ("link/a-b/loss"), from
/// which a number is drawn for every packet that gets there, if the model is in use at all.
class Channel {
 public:
  /// `name` is "link/a-b". `config` is shared by the members of a group.
  Channel(std::shared_ptr<const LinkConfig> config, std::uint64_t run_seed,
          const std::string& name);
  Channel(Channel&&) noexcept;
  ~Channel();

  /// Hands over a packet of so many bytes, IP header included.
  Passage pass(SimTime now, std::uint32_t bytes);
  /// Whether `pass` would only delay it, by `constant_delay`.
  bool passes_plainly(std::uint32_t bytes) const {
    return plain_ && state_ == LinkState::up && bytes <= mtu_;
  }

  /// Cuts or restores the channel; packets that were handed over before still arrive.
  void set_state(LinkState state) { state_ = state; }

  /// The delay of a channel that has nothing else; nothing for others.
  std::optional<SimDuration> constant_delay() const {
    return plain_ ? std::optional{constant_delay_} : std::nullopt;
  }
  /// The class of its constant delay; `no_delay_class` where it has none.
  DelayClass delay_class() const { return delay_class_; }
  /// Requires a channel with a constant delay and nothing else.
  void set_delay_class(DelayClass delay_class) { delay_class_ = delay_class; }

  /// Bytes that wait for their transmission to begin.
  std::uint64_t queued_bytes(SimTime now);

  /// Asserts what is always true of the queue: what waits has the bytes that are counted, no more
  /// than there is room for, and begins in order before the wire is free.
  void check_invariants() const;

 private:
  struct Randomness;
  struct Waiting {
    SimTime begins;  ///< its transmission
    std::uint32_t bytes;
  };
  struct Arrival {
    SimTime at;
    SimDuration held_back;
  };

  void pass_with_chance(SimTime now, std::uint32_t bytes, Passage& passage);
  bool transmit(SimTime now, std::uint32_t bytes, SimTime& sent);
  Arrival arrival_of(SimTime sent);

  SimDuration constant_delay_{};  ///< where plain_
  std::uint32_t mtu_;
  LinkState state_ = LinkState::up;
  DelayClass delay_class_ = no_delay_class;
  bool plain_;  ///< constant delay and nothing else, as most links are
  std::shared_ptr<const LinkConfig> config_;
  std::unique_ptr<Randomness> chance_;  ///< null where plain_
  SimTime busy_until_ = sim_start;
  std::vector<Waiting> waiting_;  ///< in order, from `served_` on
  std::size_t served_ = 0;
  std::uint64_t waiting_bytes_ = 0;
};

}  // namespace lastack::net
