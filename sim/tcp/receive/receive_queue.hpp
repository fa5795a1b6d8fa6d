#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// What arrived (RFC 9293, 3.3.1 and 3.10.7.4, seventh): octets in order, which wait for the
/// application, and octets beyond a hole, which wait for earlier ones and which SACK reports.
/// Octets are counted, not stored. Each enters RCV.NXT once.
class ReceiveQueue {
 public:
  // --- Questions ---

  Seq nxt() const { return nxt_; }                     ///< RCV.NXT
  Seq irs() const { return irs_; }                     ///< IRS
  Seq read() const { return read_; }                   ///< next octet for the application
  bool fin_received() const { return fin_received_; }  ///< the peer's FIN is in order
  /// Octets that the application has not read.
  std::uint32_t unread() const { return nxt_ - read_ - (fin_received_ ? 1U : 0U); }
  /// Octets beyond RCV.NXT wait for earlier ones.
  bool has_hole() const { return reassembly_ && !reassembly_->ranges.empty(); }
  bool tells_of_repeats() const { return reassembly_ && reassembly_->dsack; }
  /// Something is kept for later, be it only a block to report.
  bool keeps_something() const { return reassembly_ != nullptr; }
  /// How far beyond RCV.NXT the last octet lies that waits for earlier ones; 0: none does.
  std::uint32_t reach_beyond_hole() const;
  /// The right edge of the highest block that SACK reports.
  std::optional<Seq> end_of_sacks() const;
  /// Whether it takes a third block, or a later one, to report these octets (RFC 2018, 4). A block
  /// counts that they touch.
  bool takes_third_block(Seq left, Seq right) const;
  /// A block of octets that came twice first (RFC 2883, 4), then the newest ones (RFC 2018, 4).
  void add_sack_blocks(Options& options) const;

  // --- Events ---

  /// The peer's SYN is here.
  void begin(Seq irs);
  /// `octets` of text came in order.
  void take(std::uint32_t octets) { nxt_ += octets; }
  /// The FIN came in order.
  void take_fin();
  /// A segment lies beyond a hole: text, FIN or both.
  enum class Known : std::uint8_t { fresh, repeated };
  Known keep(const Segment& seg);
  /// Takes in what was kept and follows without a hole now.
  struct Absorbed {
    bool octets = false;       ///< some
    bool hole_filled = false;  ///< no hole is left
  };
  Absorbed absorb();
  /// Octets [left, right) came twice, as the next ACK shall report (RFC 2883). Nothing for none.
  void came_twice(Seq left, Seq right);
  /// An ACK was sent: repeated octets are reported.
  void acknowledged();
  /// There was no room for what lies beyond `end`; nothing: for whatever lies beyond a hole. SACK
  /// reports nothing of what is left (RFC 2018, 8).
  void forget_beyond(std::optional<Seq> end);
  /// The FIN ended the text: blocks report nothing from here on.
  void forget_blocks();
  /// The application took `octets`. Requires octets <= unread().
  void taken(std::uint32_t octets) { read_ += octets; }
  /// The connection is no more.
  void clear() { reassembly_.reset(); }

  void check_invariants() const;

 private:
  /// A hole-free piece of the sequence space that lies beyond RCV.NXT.
  struct Range {
    Seq left;
    Seq right;
  };
  struct Reassembly {
    std::vector<Range> ranges;       ///< ascending, apart from each other
    std::vector<SackBlock> recent;   ///< newest first (RFC 2018, 4), at most four
    std::optional<SackBlock> dsack;  ///< octets that came twice, for the next ACK
    std::optional<Seq> fin;          ///< where a FIN that came out of order stands
  };

  Reassembly& reassembly();
  static void insert(Reassembly& r, Range added);

  std::unique_ptr<Reassembly> reassembly_;  ///< while there is something to keep
  Seq nxt_;
  Seq irs_;
  Seq read_;
  bool fin_received_ = false;
};

}  // namespace lastack::tcp
