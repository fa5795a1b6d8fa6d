#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lastack/batch/plan.hpp"
#include "lastack/batch/run_row.hpp"
#include "lastack/batch/sample.hpp"

namespace lastack::batch {

/// A database cannot be read or written, or is none of ours. what() reads "FILE: REASON".
class StoreError : public std::runtime_error {
 public:
  /// `reason` is SQLite's, or says what is unexpected in the database.
  StoreError(const std::string& file, const std::string& reason)
      : std::runtime_error{file + ": " + reason} {}
};

/// What a database says of itself.
struct StoreInfo {
  std::string version;   ///< of the program that made it
  std::string identity;  ///< Plan::identity
  std::string name;
  std::string description;
  std::vector<scenario::Condition> conditions;  ///< at least one
  std::uint64_t repeat = 1;                     ///< where there is no `until`
  std::optional<scenario::Until> until;
  std::string repeat_text;  ///< either in words
  std::uint64_t seed = 1;
  Shard shard;
  scenario::Grid grid;
  std::vector<std::string> metrics;  ///< columns
  /// Of the sweep that was run last with this database: they decide no result.
  std::vector<scenario::SweepExpectation> expectations;
};

/// A sweep's results in SQLite, with a write-ahead log, so that they may be queried by hand while
/// the sweep is running. sim/batch/README.md describes the tables and views.
class Store {
 public:
  enum class Existing : std::uint8_t {
    refuse,  ///< a file of that name is an error
    go_on,   ///< it must be of the same sweep, shard and version; none is as good
  };

  /// A file's name that stands for no file: what is stored is gone with the Store.
  static constexpr std::string_view in_memory = "";

  /// Makes or opens the database of a plan. Throws StoreError.
  static Store create(const std::string& file, const Plan& plan, Existing existing);
  /// An empty database with the description of another, but of all shards, in a file that is not
  /// there or empty. Throws StoreError.
  static Store create_like(const std::string& file, const Store& other);
  /// Opens one to read. Throws StoreError.
  static Store open(const std::string& file);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// The name of the database; `in_memory` where there is none.
  const std::string& file() const;
  /// What the database says of its sweep.
  const StoreInfo& info() const;

  /// Adds runs in one transaction: after a crash all of them are there or none. What is there
  /// already stays as it is. Throws StoreError.
  void add(const std::vector<RunRow>& rows);
  /// Says that no more runs of these combinations are wanted than the spans', which begin at 0.
  void want(const std::vector<Span>& spans);
  /// How many runs of it are wanted in all; nothing while that is open.
  std::optional<std::uint64_t> wanted(std::uint64_t combination) const;

  /// All runs that are there, or those of one combination.
  std::uint64_t runs() const;
  /// Runs of one combination that are there.
  std::uint64_t runs(std::uint64_t combination) const;
  /// The combinations of which some runs are there, in order.
  std::vector<std::uint64_t> combinations() const;
  /// The replications of a span that are not there.
  std::vector<Span> gaps(const Span& span) const;

  static constexpr std::uint64_t all_replications = 0x7fff'ffff'ffff'ffff;
  /// What the runs of a combination say of a figure, replications 0 to `end` - 1. Throws StoreError
  /// where the database is damaged.
  Sample sample(std::uint64_t combination, const Figure& figure,
                std::uint64_t end = all_replications) const;

  /// All times of one family (`families_of`) in a combination's runs together.
  TimeDistribution times(std::uint64_t combination, std::size_t family) const;

  /// How many of its shard's runs are not there; one for each combination whose number of runs is
  /// still open.
  std::uint64_t missing() const;
  /// How many runs its shard has to have, as far as that is known.
  std::uint64_t asked() const;
  /// Takes over how many runs of each combination are wanted. Throws StoreError.
  void want_as(const Store& part);

  /// Every row, in the order of combination, then replication.
  void for_each(const std::function<void(const RunRow&)>& use) const;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::batch
