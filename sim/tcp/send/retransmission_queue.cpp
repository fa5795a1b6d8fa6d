#include "send/retransmission_queue.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

template <typename Range, typename Is> std::uint32_t count(const Range& records, Is is) {
  return static_cast<std::uint32_t>(std::count_if(records.begin(), records.end(), is));
}

}  // namespace

std::uint32_t RetransmissionQueue::on_their_way() const {
  std::uint32_t copies = 0;
  for (const InFlight& r : records_) copies += r.on_their_way();
  return copies;
}

std::uint32_t RetransmissionQueue::ever_lost() const {
  return count(records_, [](const InFlight& r) { return r.ever_lost(); });
}

Seq RetransmissionQueue::highest_sacked(Seq una) const {
  for (std::size_t i = records_.size(); i-- > 0;) {
    if (records_[i].sacked) return records_[i].end();
  }
  return una;
}

std::uint32_t RetransmissionQueue::lost() const {
  return count(records_, [](const InFlight& r) { return r.lost; });
}

std::uint32_t RetransmissionQueue::sacked() const {
  return count(records_, [](const InFlight& r) { return r.sacked; });
}

std::uint32_t RetransmissionQueue::resent() const {
  return count(records_, [](const InFlight& r) { return r.resent_in_flight; });
}

bool RetransmissionQueue::repeats() const {
  return resent() > 0 || (!empty() && front().retransmitted);
}

std::uint32_t RetransmissionQueue::bursts() const {
  return count(records_, [](const InFlight& r) { return !r.follows; });
}

SimTime RetransmissionQueue::last_write() const {
  SimTime last = sim_start;
  for (const InFlight& r : records_) last = std::max(last, r.sent);
  return last;
}

void RetransmissionQueue::resend(std::size_t place) {
  InFlight& record = records_[place];
  record.excused = false;
  record.lost = false;
  record.retransmitted = true;
  record.resent_in_flight = true;
}

bool RetransmissionQueue::lose(std::size_t place) {
  InFlight& record = records_[place];
  if (record.sacked || record.lost) return false;
  if (record.resent_in_flight && record.excused) {
    record.excused = false;  // the original is lost, its copy may still arrive
  } else {
    record.resent_in_flight = false;
    record.lost = true;
  }
  return true;
}

void RetransmissionQueue::split(std::size_t place, std::uint32_t octets) {
  LASTACK_ASSERT(octets > 0 && octets < records_[place].data());
  InFlight rest = records_[place];
  rest.seq = rest.seq + octets;
  rest.len -= octets;
  rest.follows = false;
  records_[place].len = octets;
  records_[place].fin = false;
  records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(place) + 1, rest);
  const std::size_t next = place + 2;
  if (next < records_.size()) records_[next].follows = false;
}

/// Whether the segment left with the one before, and the same is believed of both.
bool RetransmissionQueue::same_burst(std::size_t place) const {
  const InFlight& a = records_[place - 1];
  const InFlight& b = records_[place];
  return b.follows && a.sacked == b.sacked && a.lost == b.lost &&
         a.retransmitted == b.retransmitted && a.resent_in_flight == b.resent_in_flight;
}

std::size_t RetransmissionQueue::burst_begin(std::size_t place) const {
  while (place > 0 && same_burst(place)) --place;
  return place;
}

std::size_t RetransmissionQueue::burst_end(std::size_t place) const {
  ++place;
  while (place < records_.size() && same_burst(place)) ++place;
  return place;
}

std::size_t RetransmissionQueue::recut(std::size_t place, std::uint32_t octets) {
  const std::size_t begin = burst_begin(place);
  const std::size_t end = burst_end(place);
  InFlight& whole = records_[begin];
  whole.len = records_[end - 1].end() - whole.seq;
  whole.fin = records_[end - 1].fin;
  records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                 records_.begin() + static_cast<std::ptrdiff_t>(end));
  for (std::size_t i = begin; records_[i].data() > octets; ++i) {
    split(i, octets);
    records_[i + 1].follows = true;
  }
  return begin;
}

std::size_t RetransmissionQueue::cut_off_last(std::uint32_t octets) {
  const std::size_t last = records_.size() - 1;
  const std::size_t begin = burst_begin(last);
  if (begin == last) return last;
  recut(last, octets);
  const std::size_t probe = std::min(last, records_.size() - 1);
  records_[probe].follows = false;
  if (probe + 1 < records_.size()) records_[probe + 1].follows = false;
  return probe;
}

void RetransmissionQueue::join_following(std::size_t place, std::uint32_t room, Seq window_end) {
  const auto in_burst = [&](std::size_t i) {
    return records_[i].follows || (i + 1 < records_.size() && records_[i + 1].follows);
  };
  std::size_t end = place + 1;
  std::uint32_t octets = records_[place].data();
  if (octets >= room || (end < records_.size() && records_[end].follows)) end = records_.size();
  const std::size_t first = end;
  for (; end < records_.size(); ++end) {
    const InFlight& next = records_[end];
    octets += next.data();
    if (next.sacked || in_burst(end) || octets > room || after(next.end(), window_end)) break;
    records_[place].len += next.len;
    records_[place].fin = next.fin;
    records_[place].retransmitted |= next.retransmitted;
  }
  records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(std::min(first, end)),
                 records_.begin() + static_cast<std::ptrdiff_t>(end));
}

void RetransmissionQueue::believe_none_lost() {
  for (InFlight& r : records_) {
    r.lost = false;
    r.excused |= r.resent_in_flight;
  }
}

void RetransmissionQueue::forget_sacks() {
  for (InFlight& r : records_) r.sacked = false;
}

void RetransmissionQueue::append_fin() {
  records_.back().fin = true;
  records_.back().len += 1;
}

/// What is left of a segment of which a part was acknowledged; its burst is cut from there.
void RetransmissionQueue::trim(Seq ack) {
  if (records_.empty() || !after(ack, records_.front().seq)) return;
  const std::uint32_t size = records_.front().data();
  records_.front().len -= ack - records_.front().seq;
  records_.front().seq = ack;
  if (records_.size() > 1 && same_burst(1)) recut(0, size);
}

void RetransmissionQueue::check_invariants(Seq una, Seq nxt) const {
  if (records_.empty()) return;
  LASTACK_ASSERT(records_.front().seq == una);
  LASTACK_ASSERT(records_.back().end() == nxt);
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const InFlight& r = records_[i];
    LASTACK_ASSERT(r.len > 0);
    LASTACK_ASSERT(i == 0 || records_[i - 1].end() == r.seq);  // ascending, without holes
    LASTACK_ASSERT(!r.sacked || !r.lost);
    LASTACK_ASSERT(!r.fin || i + 1 == records_.size());  // nothing follows a FIN
    LASTACK_ASSERT(!r.resent_in_flight || r.retransmitted);
  }
}

}  // namespace lastack::tcp
