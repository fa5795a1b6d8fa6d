#pragma once

#include <cstdint>

namespace lastack::tcp {

/// Proportional Rate Reduction (RFC 6937): how much may leave while a loss is repaired, so that the
/// window glides to ssthresh instead of stopping. Counts segments.
class ProportionalRateReduction {
 public:
  /// What the ACK at hand shows beside what it delivers.
  enum class Repair : std::uint8_t {
    none,
    goes_well,  ///< SND.UNA moved and nothing more is lost
  };

  /// A recovery begins with this window.
  void begin(std::uint32_t cwnd);
  void sent() { ++out_; }  ///< a segment left, new or again
  /// So many more are known to have arrived, at least one.
  void delivered(std::uint32_t segments) { delivered_ += segments; }
  /// How many may leave now. `pipe` is how many are on their way; `newly` was just delivered.
  std::uint32_t allowance(std::uint32_t pipe, std::uint32_t ssthresh, std::uint32_t newly,
                          Repair repair) const;
  bool nothing_sent() const { return out_ == 0; }

 private:
  std::uint32_t delivered_ = 0;   ///< prr_delivered
  std::uint32_t out_ = 0;         ///< prr_out
  std::uint32_t prior_cwnd_ = 0;  ///< RecoverFS, as Linux has it
};

}  // namespace lastack::tcp
