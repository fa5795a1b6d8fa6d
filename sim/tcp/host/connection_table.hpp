#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <boost/unordered/unordered_flat_set.hpp>

#include "host/records.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::tcp {

/// Which record a four-tuple leads to. Records know their own ends, so that the table holds nothing
/// but four bytes for each; ends that change would lead it astray.
class ConnectionTable {
 public:
  /// The records outlive the table.
  explicit ConnectionTable(const Records& records) : places_{0, Hash{&records}, Equal{&records}} {}

  // --- Asked ---

  std::optional<TimerOwner> find(Port local, SocketAddress remote) const {
    const auto found = places_.find(Ends{remote.address, remote.port, local});
    if (found == places_.end()) return std::nullopt;
    return *found;
  }
  std::size_t size() const { return places_.size(); }
  /// Calls `use(owner)` for each, in an order that means nothing: who needs one sorts.
  template <typename Use> void for_each(Use use) const {
    for (const TimerOwner place : places_) use(place);  // any order
  }

  // --- Told ---

  /// Whatever had the four-tuple before gives way.
  void enter(TimerOwner owner) {
    const auto [place, fresh] = places_.insert(owner);
    if (!fresh) place->become(owner);
  }
  /// The same where something else is known to have it, a request or a connection. `ends` are the
  /// owner's.
  void take_over(TimerOwner owner, Ends ends) {
    const auto place = places_.find(ends);
    LASTACK_ASSERT(place != places_.end());
    place->become(owner);
  }
  void leave(Ends ends) { places_.erase(ends); }

 private:
  /// A TimerOwner in four bytes.
  class Place {
   public:
    Place(TimerOwner owner) { become(owner); }  // NOLINT(google-explicit-constructor)
    operator TimerOwner() const {               // NOLINT(google-explicit-constructor)
      return {static_cast<TimerOwner::Kind>(packed_ >> index_bits),
              packed_ & ((1U << index_bits) - 1)};
    }
    /// Leads to another record of the same ends.
    void become(TimerOwner owner) const {
      LASTACK_ASSERT(owner.index >> index_bits == 0);
      packed_ = static_cast<std::uint32_t>(owner.kind) << index_bits | owner.index;
    }

   private:
    static constexpr unsigned index_bits = 30;
    mutable std::uint32_t packed_ = 0;
  };
  struct OfRecords {
    const Records* records;
    std::uint64_t key(Place place) const {
      return records->with(place, [](const auto& record) { return ends_of(record).key(); });
    }
  };
  struct Hash : OfRecords {
    using is_transparent = void;
    std::size_t operator()(Ends ends) const { return boost::hash<std::uint64_t>{}(ends.key()); }
    std::size_t operator()(Place place) const { return boost::hash<std::uint64_t>{}(key(place)); }
  };
  struct Equal : OfRecords {
    using is_transparent = void;
    bool operator()(Ends a, Place b) const { return a.key() == key(b); }
    bool operator()(Place a, Ends b) const { return key(a) == b.key(); }
    bool operator()(Place a, Place b) const { return key(a) == key(b); }
  };

  boost::unordered_flat_set<Place, Hash, Equal> places_;
};

}  // namespace lastack::tcp
