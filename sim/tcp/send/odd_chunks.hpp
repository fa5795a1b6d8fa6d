#pragma once

#include <cstddef>
#include <vector>

#include "lastack/tcp/seq.hpp"

namespace lastack::tcp {

/// Where the chunks of a send buffer end whose sizes are not all the same: what was written while
/// the peer's window was smaller, or what grew by its neighbour. The last chunk is not among them.
class OddChunks {
 public:
  /// Where the chunk ends that goes next. Requires one that ends after SND.NXT.
  Seq end_after(Seq nxt) const;
  /// How many end after SND.NXT.
  std::size_t count_after(Seq nxt) const;

  void clear() { ends_.clear(); }
  /// One more, behind all others.
  void add(Seq end, Seq nxt);
  /// The chunk that goes next takes all of the one behind it. Requires both.
  void join_first(Seq nxt);

 private:
  std::vector<Seq>::const_iterator first_after(Seq nxt) const;

  std::vector<Seq> ends_;  ///< in order; those that were sent go when there is no room
};

}  // namespace lastack::tcp
