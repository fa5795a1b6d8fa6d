#include "send/proportional_rate_reduction.hpp"

#include <algorithm>

namespace lastack::tcp {

void ProportionalRateReduction::begin(std::uint32_t cwnd) {
  delivered_ = out_ = 0;
  prior_cwnd_ = cwnd;
}

std::uint32_t ProportionalRateReduction::allowance(std::uint32_t pipe, std::uint32_t ssthresh,
                                                   std::uint32_t newly, Repair repair) const {
  if (pipe > ssthresh) {
    const std::uint32_t prior = std::max(1U, prior_cwnd_);
    const std::uint64_t share = (std::uint64_t{ssthresh} * delivered_ + prior_cwnd_ - 1) / prior;
    return share > out_ ? static_cast<std::uint32_t>(share) - out_ : 0;
  }
  const std::uint32_t owed = delivered_ > out_ ? delivered_ - out_ : 0;
  const std::uint32_t bonus = repair == Repair::goes_well ? 1 : 0;
  return std::min(std::max(owed, newly) + bonus, ssthresh - pipe);
}

}  // namespace lastack::tcp
