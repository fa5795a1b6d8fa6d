#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "lastack/core/time.hpp"

namespace lastack::net {

/// How long a packet is on its way. Each draw is cut off at zero.
struct ConstantDelay {
  SimDuration value{};
};
struct UniformDelay {
  SimDuration min{};
  SimDuration max{};
};
struct NormalDelay {
  SimDuration mean{};
  SimDuration sd{};
};
struct ExponentialDelay {
  SimDuration min{};   ///< added to every draw
  SimDuration mean{};  ///< of what is added to min
};
struct ParetoDelay {
  SimDuration min{};  ///< scale
  double shape = 2;   ///< > 1
};
using Delay = std::variant<ConstantDelay, UniformDelay, NormalDelay, ExponentialDelay, ParetoDelay>;

/// Each packet is lost on its own with probability p.
struct BernoulliLoss {
  double p = 0;
};
/// Two states, good and bad, each with a loss probability of its own (Gilbert 1960, Elliott 1963).
/// The state may change before each packet.
struct GilbertElliottLoss {
  double p_good_to_bad = 0;
  double p_bad_to_good = 1;
  double loss_good = 0;
  double loss_bad = 1;
};
using Loss = std::variant<BernoulliLoss, GilbertElliottLoss>;

/// A packet is held back by `by` with probability p, so that later ones overtake it.
struct Reordering {
  double p = 0;
  SimDuration by{};
};

/// One direction of a link.
struct LinkConfig {
  Delay delay = ConstantDelay{};
  SimDuration jitter{};  ///< uniform in [-jitter, +jitter], added to each packet's delay
  Loss loss = BernoulliLoss{};
  double duplicate = 0;  ///< probability
  Reordering reorder;
  double corrupt = 0;                     ///< probability; the receiver's checksum catches it
  std::optional<std::uint64_t> rate_bps;  ///< absent: unlimited
  std::optional<std::uint64_t> queue_bytes_max;  ///< waiting for a rated link; absent: unlimited
  std::uint32_t mtu = 1500;                      ///< bytes
};

}  // namespace lastack::net
