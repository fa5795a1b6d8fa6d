#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/container/small_vector.hpp>

#include "lastack/tcp/segment.hpp"
#include "send/in_flight.hpp"

namespace lastack::tcp {

/// What was sent and is not acknowledged yet (RFC 9293, 3.10.7.4, fifth), oldest first and without
/// gaps, and what is believed of each segment. Places count from 0, the oldest.
class RetransmissionQueue {
 public:
  // --- Questions ---

  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  const InFlight& operator[](std::size_t place) const { return records_[place]; }
  const InFlight& front() const { return records_.front(); }
  const InFlight& back() const { return records_.back(); }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }

  std::uint32_t on_their_way() const;  ///< segments (RFC 6675, pipe)
  std::uint32_t lost() const;          ///< segments believed lost and not sent again since
  std::uint32_t ever_lost() const;     ///< … and those that were sent again since
  std::uint32_t sacked() const;
  /// Where the highest segment ends that arrived out of order; SND.UNA, which is `una`, if none
  /// did (Linux, tcp_highest_sack_seq).
  Seq highest_sacked(Seq una) const;
  std::uint32_t resent() const;  ///< segments of which a retransmission is on its way
  /// Whether something is on its way again, or the oldest was sent again (Linux,
  /// tcp_any_retrans_done).
  bool repeats() const;
  std::uint32_t bursts() const;  ///< groups of segments that left together
  SimTime last_write() const;    ///< when one of them was last sent

  // --- Events ---

  /// A segment is about to be sent for the first time.
  void push(const InFlight& record) { records_.push_back(record); }
  /// It was sent, for the first time or again, as the `order`th of the connection.
  void sent(std::size_t place, SimTime now, std::uint32_t order) {
    records_[place].sent = now;
    records_[place].order = order;
    records_[place].judged = false;
  }
  /// It is about to be sent again.
  void resend(std::size_t place);
  /// It is about to go again as a probe, which does not count as on its way.
  void resend_as_probe(std::size_t place) { records_[place].retransmitted = true; }
  /// It is believed lost, be it sent again or not; false where that is no news. Nothing that
  /// arrived is lost.
  bool lose(std::size_t place);
  /// RACK does not look at it again before it is sent again, lost or not.
  void judge(std::size_t place) { records_[place].judged = true; }
  /// No segment is believed lost any more; copies stay on their way.
  void believe_none_lost();
  /// The peer does not have what it said had arrived out of order (RFC 2018, 8).
  void forget_sacks();
  /// The last one left in the same burst as the one before.
  void last_follows() { records_.back().follows = true; }
  /// It goes again in two: the first with so many octets. Requires more octets of text.
  void split(std::size_t place, std::uint32_t octets);
  /// The burst that the segment at `place` belongs to is kept in segments of so many octets from
  /// now on (Linux keeps it as one, and cuts it when it goes). Returns where the burst begins.
  std::size_t recut(std::size_t place, std::uint32_t octets);
  /// The last segment of the last burst, cut to so many octets, stands alone from now on: where it
  /// is. It goes again as a probe.
  std::size_t cut_off_last(std::uint32_t octets);
  /// Segments that follow go again with the one at `place`, as many as fit `room` octets of text
  /// together and end in the window: none that arrived, none of a burst.
  void join_following(std::size_t place, std::uint32_t room, Seq window_end);
  /// A FIN joins the last segment, which is in flight already.
  void append_fin();

  /// Everything before `ack` arrived. Calls `each(record)` for what goes; a part of a segment goes
  /// without.
  template <typename Each> void acknowledge(Seq ack, Each each) {
    auto end = records_.begin();
    for (; end != records_.end() && at_or_before(end->end(), ack); ++end) {
      each(static_cast<const InFlight&>(*end));
    }
    records_.erase(records_.begin(), end);
    trim(ack);
  }
  /// These octets arrived out of order. Calls `each(record)` for what that is news of.
  template <typename Each> void sack(const SackBlock& block, Each each) {
    for (InFlight& record : records_) {
      if (record.sacked || !record.inside(block)) continue;
      each(static_cast<const InFlight&>(record));
      if (record.ever_lost()) record.resent_in_flight = false;
      record.sacked = true;
      record.lost = false;
    }
  }
  /// These octets arrived twice, and are not acknowledged (RFC 2883, 4.2). Calls `each(record)` for
  /// each segment that had been sent again.
  template <typename Each> void came_twice(const SackBlock& block, Each each) {
    for (InFlight& record : records_) {
      if (!record.retransmitted || !record.inside(block)) continue;
      each(static_cast<const InFlight&>(record));
      if (record.sacked) record.resent_in_flight = false;
    }
  }
  void clear() { records_.clear(); }

  /// Requires SND.UNA and SND.NXT.
  void check_invariants(Seq una, Seq nxt) const;

 private:
  void trim(Seq ack);
  bool same_burst(std::size_t place) const;
  std::size_t burst_begin(std::size_t place) const;
  std::size_t burst_end(std::size_t place) const;

  boost::container::small_vector<InFlight, 1> records_;
};

}  // namespace lastack::tcp
