#include "send/odd_chunks.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

std::vector<Seq>::const_iterator OddChunks::first_after(Seq nxt) const {
  return std::partition_point(ends_.begin(), ends_.end(),
                              [nxt](Seq end) { return at_or_before(end, nxt); });
}

Seq OddChunks::end_after(Seq nxt) const {
  const auto first = first_after(nxt);
  LASTACK_ASSERT(first != ends_.end());
  return *first;
}

std::size_t OddChunks::count_after(Seq nxt) const {
  return static_cast<std::size_t>(ends_.end() - first_after(nxt));
}

void OddChunks::add(Seq end, Seq nxt) {
  LASTACK_ASSERT(ends_.empty() || before(ends_.back(), end));
  if (ends_.size() == ends_.capacity()) ends_.erase(ends_.cbegin(), first_after(nxt));
  ends_.push_back(end);
}

void OddChunks::join_first(Seq nxt) {
  LASTACK_ASSERT(count_after(nxt) >= 2);
  ends_.erase(first_after(nxt));
}

}  // namespace lastack::tcp
