#include "lastack/batch/store.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/batch/metrics.hpp"
#include "sqlite.hpp"
#include "store_info.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t application_id = 0x4c415354;  // "LAST"
constexpr std::int64_t format = 3;
/// Of a run's connects and the like: as many as a distribution of times counts.
constexpr std::uint64_t trials_max = std::uint64_t{1} << 40U;

constexpr const char* info_table =
    "CREATE TABLE info (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";
constexpr const char* axis_table =
    "CREATE TABLE axis (position INTEGER PRIMARY KEY, path TEXT NOT NULL, "
    "\"values\" TEXT NOT NULL)";

/// SQLite's integers have a sign.
std::int64_t as_signed(std::uint64_t value) { return std::bit_cast<std::int64_t>(value); }
std::uint64_t as_unsigned(std::int64_t value) { return std::bit_cast<std::uint64_t>(value); }

/// Each path's last part where only one path ends so, for the views: easier to type.
std::vector<std::string> short_names(const std::vector<std::string>& paths,
                                     const std::vector<std::string>& taken) {
  const std::set<std::string_view> others(taken.begin(), taken.end());
  const std::vector<bool> own = scenario::last_parts_are_own(paths);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string last = paths[i].substr(paths[i].rfind('.') + 1);
    const bool free = !others.contains(last) && last != "runs" && last != "replication";
    names.push_back(own[i] && free ? last : paths[i]);
  }
  return names;
}

/// Calls `use(i)` with ", " between what it returns.
template <class Use> std::string list(std::size_t count, Use use) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + use(i);
  return text;
}

/// The column beside a share that says of how many it is.
std::string trials_name(const std::string& share) { return sql_name(share + ".of"); }

std::string run_table(const StoreInfo& info) {
  std::string columns;
  for (const std::string& metric : info.metrics) columns += sql_name(metric) + " REAL, ";
  for (const std::string& share : shares_of(info.metrics)) {
    columns += trials_name(share) + " INTEGER NOT NULL, ";
  }
  for (const std::string& family : families_of(info.metrics)) columns += sql_name(family) + ", ";
  return fmt::format(
      "CREATE TABLE run (combination INTEGER NOT NULL, replication INTEGER NOT NULL, "
      "seed INTEGER NOT NULL, identity INTEGER NOT NULL, {}"
      "PRIMARY KEY (combination, replication)) WITHOUT ROWID",
      columns);
}

/// A metric's mean over the runs, or what of it can be said in SQL: a share of all runs together.
std::string mean_in_sql(const std::string& metric) {
  if (!is_share(metric)) return fmt::format("avg(r.{0}) AS {0}", sql_name(metric));
  return fmt::format("sum(r.{0} * r.{1}) / sum(r.{1}) AS {0}", sql_name(metric),
                     trials_name(metric));
}

std::string combination_table(const StoreInfo& info) {
  std::string sql = "CREATE TABLE combination (combination INTEGER PRIMARY KEY, wanted INTEGER";
  for (const scenario::Axis& axis : info.grid.axes) sql += ", " + sql_name(axis.path);
  return sql + ")";
}

std::string views(const StoreInfo& info) {
  const std::vector<std::string> names = short_names(info.grid.paths(), info.metrics);
  const std::string settings = list(names.size(), [&](std::size_t i) {
    return fmt::format("c.{} AS {}", sql_name(info.grid.axes[i].path), sql_name(names[i]));
  });
  const std::string metrics =
      list(info.metrics.size(), [&](std::size_t i) { return "r." + sql_name(info.metrics[i]); });
  const std::string means =
      list(info.metrics.size(), [&](std::size_t i) { return mean_in_sql(info.metrics[i]); });
  const std::string comma = settings.empty() ? "" : ", ";
  return fmt::format(
      "CREATE VIEW result AS SELECT c.combination, {0}{1}r.replication, r.seed, {2} "
      "FROM run r JOIN combination c USING (combination);"
      "CREATE VIEW by_combination AS SELECT c.combination, {0}{1}count(*) AS runs, {3} "
      "FROM run r JOIN combination c USING (combination) GROUP BY c.combination",
      settings, comma, metrics, means);
}

}  // namespace

class Store::Impl {
 public:
  Impl(const std::string& file, Database::Mode mode) : database_{file, mode}, mode_{mode} {}
  ~Impl() {
    insert_.reset();
    insert_combination_.reset();
    wanted_.reset();
    gaps_.reset();
    if (mode_ == Database::Mode::write) database_.keep_no_log();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Database database_;
  Database::Mode mode_;
  StoreInfo info_;
  std::optional<Statement> insert_;
  std::optional<Statement> insert_combination_;
  std::optional<Statement> wanted_;
  std::optional<Statement> gaps_;
  std::optional<std::uint64_t> last_combination_;  ///< that is known to have its row

  bool is_empty() const { return database_.number("SELECT count(*) FROM sqlite_master") == 0; }

  /// Makes the tables, unless another program was faster, which is reported by false.
  bool make(const StoreInfo& info) {
    database_.keep_write_ahead_log();
    Transaction transaction{database_};
    if (!is_empty()) return false;
    info_ = info;
    database_.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                              application_id, format));
    database_.run(info_table);
    database_.run(axis_table);
    database_.run(combination_table(info_));
    database_.run(run_table(info_));
    database_.run(views(info_));
    write_info();
    transaction.commit();
    ready_to_write();
    return true;
  }

  void ready_to_write() {
    // A transaction survives a killed program; only a crash of the machine may cost the last ones.
    database_.run("PRAGMA synchronous = NORMAL");
    std::string sql = "INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?";
    const std::size_t columns =
        info_.metrics.size() + shares_of(info_.metrics).size() + families_of(info_.metrics).size();
    for (std::size_t i = 0; i < columns; ++i) sql += ", ?";
    insert_.emplace(database_.prepare(sql + ")"));
    std::string combination = "INSERT OR IGNORE INTO combination VALUES (?, NULL";
    for (std::size_t i = 0; i < info_.grid.axes.size(); ++i) combination += ", ?";
    insert_combination_.emplace(database_.prepare(combination + ")"));
  }

  /// A statement that is made once. Each time it has to be stepped to its end.
  Statement& asks_often(std::optional<Statement>& statement, const char* sql) const {
    if (!statement) statement.emplace(database_.prepare(sql));
    return *statement;
  }

  /// A combination's row is made when its first run is stored or the number of them is known.
  void has_row_of(std::uint64_t combination) {
    if (combination == last_combination_) return;
    Statement& insert = *insert_combination_;
    insert.bind(0, as_signed(combination));
    int index = 1;
    for (const auto& [path, value] : info_.grid.settings_of(combination))
      bind_value(insert, index++, value);
    insert.run();
    last_combination_ = combination;
  }

  /// Those of the sweep as it is now.
  void expect(const std::vector<scenario::SweepExpectation>& expectations) {
    StoreInfo wanted = info_;
    wanted.expectations = expectations;
    const std::string text = entries_of(wanted).at("expectations");
    if (text == entries_of(info_).at("expectations")) return;
    Statement update = database_.prepare("UPDATE info SET value = ? WHERE key = 'expectations'");
    update.bind(0, text).run();
    info_.expectations = expectations;
  }

  /// Checks everything that the database says; behind this nobody has to.
  void read_info() {
    check_kind();
    try {
      check_tables({{"info", info_table}, {"axis", axis_table}});
      info_ = info_from(entries(), axes());
      check_tables({{"combination", combination_table(info_)}, {"run", run_table(info_)}});
      check_rows();
    } catch (const Damage& damage) {
      throw StoreError{database_.file(), std::string{"is damaged: "} + damage.what()};
    }
  }

 private:
  std::map<std::string, std::string> entries() const {
    std::map<std::string, std::string> entries;
    Statement rows = database_.prepare("SELECT key, value FROM info");
    while (rows.step()) entries[rows.text(0)] = rows.text(1);
    return entries;
  }

  std::vector<std::pair<std::string, std::string>> axes() const {
    std::vector<std::pair<std::string, std::string>> axes;
    Statement rows = database_.prepare("SELECT path, \"values\" FROM axis ORDER BY position");
    while (rows.step()) axes.emplace_back(rows.text(0), rows.text(1));
    return axes;
  }

  /// They are those that `make` makes, and no views in their place.
  void check_tables(const std::vector<std::pair<std::string, std::string>>& tables) const {
    Statement row =
        database_.prepare("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?");
    for (const auto& [name, sql] : tables) {
      row.bind(0, name);
      if (!row.step()) throw Damage{"there is no table `" + name + "`"};
      const std::string has = row.text(0);
      while (row.step()) {
      }
      if (has != sql) throw Damage{"the table `" + name + "` has other columns than a sweep's"};
    }
  }

  /// Numbers that index, count or are calculated with, all at once: SQLite is fast at that.
  void check_rows() const {
    const std::uint64_t runs_max = info_.until ? info_.until->max : info_.repeat;
    const std::string combinations = std::to_string(info_.grid.size());
    const std::string place =
        "typeof(combination) <> 'integer' OR combination < 0 OR combination >= " + combinations;
    std::vector<std::string> wrong{
        place,
        fmt::format("typeof(replication) <> 'integer' OR replication < 0 OR replication >= {}"
                    " OR typeof(seed) <> 'integer' OR typeof(identity) <> 'integer'",
                    runs_max)};
    for (const std::string& metric : info_.metrics) {
      const std::string name = sql_name(metric);
      const char* bounds = is_share(metric) ? "between 0 and 1" : "between -1e300 and 1e300";
      wrong.push_back(
          fmt::format("NOT ({0} IS NULL OR (typeof({0}) = 'real' AND {0} {1}))", name, bounds));
    }
    for (const std::string& share : shares_of(info_.metrics)) {
      wrong.push_back(fmt::format("NOT (typeof({0}) = 'integer' AND {0} BETWEEN 0 AND {1})",
                                  trials_name(share), trials_max));
    }
    for (const std::string& family : families_of(info_.metrics)) {
      wrong.push_back(fmt::format("typeof({}) <> 'blob'", sql_name(family)));
    }
    constexpr std::size_t at_once = 500;  // SQLite takes expressions that are 1,000 deep
    for (std::size_t i = 0; i < wrong.size(); i += at_once) {
      const auto begin = wrong.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end =
          wrong.begin() + static_cast<std::ptrdiff_t>(std::min(i + at_once, wrong.size()));
      refuse_any("run", fmt::format("{}", fmt::join(begin, end, " OR ")));
    }
    refuse_any("combination", place + fmt::format(" OR NOT (wanted IS NULL OR (typeof(wanted) = "
                                                  "'integer' AND wanted BETWEEN 0 AND {}))",
                                                  runs_max));
  }

  void refuse_any(const char* table, const std::string& wrong) const {
    Statement row =
        database_.prepare(fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1", table, wrong));
    if (row.step()) {
      throw Damage{
          fmt::format("a row of the table `{}` has a value that no sweep gives it", table)};
    }
  }

  void check_kind() const {
    if (database_.number("PRAGMA application_id") != application_id) {
      throw StoreError{database_.file(), "is no database of `lastack sweep`"};
    }
    const std::int64_t has = database_.number("PRAGMA user_version");
    if (has != format) {
      throw StoreError{database_.file(),
                       fmt::format("has format {}; this program reads format {}", has, format)};
    }
    check_whole_pages();
  }

  /// SQLite reads what is missing of the last page as zeros, and so would make up results. While
  /// there is a write-ahead log, that has the page.
  void check_whole_pages() const {
    const std::string& file = database_.file();
    std::error_code none;
    const std::uintmax_t log = std::filesystem::file_size(file + "-wal", none);
    if (!none && log > 0) return;
    const std::uintmax_t size = std::filesystem::file_size(file, none);
    const std::uint64_t page = as_unsigned(database_.number("PRAGMA page_size"));
    if (!none && size % page != 0) {
      throw StoreError{file,
                       fmt::format("is damaged: it ends within a page, after {} bytes", size)};
    }
  }

  void write_info() {
    Statement insert = database_.prepare("INSERT INTO info VALUES (?, ?)");
    for (const auto& [key, value] : entries_of(info_)) insert.bind(0, key).bind(1, value).run();
    Statement axis = database_.prepare("INSERT INTO axis VALUES (?, ?, ?)");
    for (std::size_t i = 0; i < info_.grid.axes.size(); ++i) {
      axis.bind(0, static_cast<std::int64_t>(i)).bind(1, info_.grid.axes[i].path);
      axis.bind(2, values_text(info_.grid.axes[i])).run();
    }
  }

  /// Numbers and texts as SQLite's own, so that `WHERE tcp_syn_retries = 6` finds them.
  static void bind_value(Statement& statement, int index, const std::string& text) {
    const Json value = Json::parse(text, nullptr, false);
    if (value.is_number_integer()) {
      statement.bind(index, value.get<std::int64_t>());
    } else if (value.is_number()) {
      statement.bind(index, std::optional{value.get<double>()});
    } else {
      statement.bind(index, value.is_string() ? value.get<std::string>() : text);
    }
  }
};

namespace {

/// The columns of a run that a figure is made of.
std::string columns_of(const StoreInfo& info, const Figure& figure) {
  if (figure.of == Figure::Of::times) return sql_name(families_of(info.metrics)[figure.index]);
  const std::string& metric = info.metrics[figure.column];
  if (figure.of == Figure::Of::number) return sql_name(metric);
  return sql_name(metric) + ", " + trials_name(metric);
}

TimeDistribution times_from(const std::string& file, std::string_view bytes) {
  auto times = TimeDistribution::from_bytes(bytes);
  if (!times) throw StoreError{file, "is damaged: a run's times make no sense"};
  return *std::move(times);
}

StoreInfo info_of(const Plan& plan) {
  const scenario::Sweep& sweep = plan.sweep();
  StoreInfo info;
  info.version = plan.version();
  info.identity = plan.identity();
  info.name = sweep.name;
  info.description = sweep.description;
  info.conditions = sweep.conditions;
  info.repeat = sweep.repeat;
  info.repeat_text = plan.repeat_text();
  info.until = sweep.until;
  info.seed = sweep.seed;
  info.shard = plan.shard();
  info.grid = sweep.grid;
  info.metrics = plan.metrics().columns();
  info.expectations = sweep.expectations;
  return info;
}

bool same_scenarios(const std::vector<scenario::Condition>& a,
                    const std::vector<scenario::Condition>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.name == other.name && one.scenario_text == other.scenario_text &&
           one.set == other.set;
  });
}

/// What keeps a sweep from going on in this database, by name; empty: nothing.
std::string difference(const StoreInfo& has, const StoreInfo& wants) {
  if (has.version != wants.version) {
    return fmt::format("was made by version {}, this is {}: start again in another file",
                       has.version, wants.version);
  }
  if (has.shard != wants.shard) {
    return fmt::format("holds shard {}, not {}", shard_text(has.shard), shard_text(wants.shard));
  }
  if (has.identity == wants.identity) return "";
  std::string what = "something";
  if (!same_scenarios(has.conditions, wants.conditions)) {
    what = has.conditions.size() == 1 && wants.conditions.size() == 1 ? "the scenario" : "`under`";
  } else if (has.grid.paths() != wants.grid.paths()) {
    what = "the paths of `vary`";
  } else if (!std::equal(has.grid.axes.begin(), has.grid.axes.end(), wants.grid.axes.begin(),
                         [](const auto& a, const auto& b) { return a.values == b.values; })) {
    what = "the values of `vary`";
  } else if (has.repeat_text != wants.repeat_text) {
    what = "`repeat`";
  } else if (has.seed != wants.seed) {
    what = "`seed`";
  } else if (has.metrics != wants.metrics) {
    what = "`metrics`";
  }
  return what + " of the sweep changed since: start again in another file";
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::create(const std::string& file, const Plan& plan, Existing existing) {
  std::error_code ignored;
  if (existing == Existing::refuse && std::filesystem::exists(file, ignored)) {
    throw StoreError{file, "exists already; --resume continues it"};
  }
  auto impl = std::make_unique<Impl>(file, Database::Mode::write);
  if (impl->is_empty() && impl->make(info_of(plan))) return Store{std::move(impl)};
  impl->read_info();
  const std::string problem = difference(impl->info_, info_of(plan));
  if (!problem.empty()) throw StoreError{file, problem};
  impl->expect(plan.sweep().expectations);
  impl->ready_to_write();
  return Store{std::move(impl)};
}

Store Store::create_like(const std::string& file, const Store& other) {
  auto impl = std::make_unique<Impl>(file, Database::Mode::write);
  StoreInfo whole = other.info();
  whole.shard = {};
  if (!impl->make(whole)) throw StoreError{file, "exists already"};
  return Store{std::move(impl)};
}

Store Store::open(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw StoreError{file, "there is no such file"};
  if (std::filesystem::is_directory(file, ignored)) throw StoreError{file, "is a folder"};
  auto impl = std::make_unique<Impl>(file, Database::Mode::read);
  impl->read_info();
  return Store{std::move(impl)};
}

const std::string& Store::file() const { return impl_->database_.file(); }
const StoreInfo& Store::info() const { return impl_->info_; }

void Store::add(const std::vector<RunRow>& rows) {
  Transaction transaction{impl_->database_};
  for (const RunRow& row : rows) {
    impl_->has_row_of(row.combination);
    Statement& insert = *impl_->insert_;
    insert.bind(0, as_signed(row.combination)).bind(1, as_signed(row.replication));
    insert.bind(2, as_signed(row.seed)).bind(3, as_signed(row.identity));
    int index = 4;
    for (const std::optional<double>& value : row.values) insert.bind(index++, value);
    for (const std::uint64_t trials : row.trials) insert.bind(index++, as_signed(trials));
    for (const TimeDistribution& times : row.times) insert.bind_bytes(index++, times.bytes());
    insert.run();
  }
  transaction.commit();
}

void Store::want(const std::vector<Span>& spans) {
  Transaction transaction{impl_->database_};
  Statement update =
      impl_->database_.prepare("UPDATE combination SET wanted = ? WHERE combination = ?");
  for (const Span& span : spans) {
    impl_->has_row_of(span.combination);
    update.bind(0, as_signed(span.count)).bind(1, as_signed(span.combination)).run();
  }
  transaction.commit();
}

std::optional<std::uint64_t> Store::wanted(std::uint64_t combination) const {
  Statement& row =
      impl_->asks_often(impl_->wanted_, "SELECT wanted FROM combination WHERE combination = ?");
  row.bind(0, as_signed(combination));
  std::optional<std::uint64_t> wanted;
  while (row.step()) {
    if (!row.is_null(0)) wanted = as_unsigned(row.integer(0));
  }
  return wanted;
}

std::uint64_t Store::runs() const {
  return as_unsigned(impl_->database_.number("SELECT count(*) FROM run"));
}

std::uint64_t Store::runs(std::uint64_t combination) const {
  Statement row = impl_->database_.prepare("SELECT count(*) FROM run WHERE combination = ?");
  row.bind(0, as_signed(combination));
  return row.step() ? as_unsigned(row.integer(0)) : 0;
}

std::vector<std::uint64_t> Store::combinations() const {
  Statement rows =
      impl_->database_.prepare("SELECT DISTINCT combination FROM run ORDER BY combination");
  std::vector<std::uint64_t> combinations;
  while (rows.step()) combinations.push_back(as_unsigned(rows.integer(0)));
  return combinations;
}

std::vector<Span> Store::gaps(const Span& span) const {
  const std::uint64_t end = span.first + span.count;
  Statement& rows = impl_->asks_often(
      impl_->gaps_,
      "SELECT replication FROM run WHERE combination = ? AND replication >= ? AND replication < ? "
      "ORDER BY replication");
  rows.bind(0, as_signed(span.combination)).bind(1, as_signed(span.first)).bind(2, as_signed(end));
  std::vector<Span> gaps;
  std::uint64_t next = span.first;
  const auto up_to = [&](std::uint64_t there) {
    if (next < there) gaps.push_back({span.combination, next, there - next});
    next = there + 1;
  };
  while (rows.step()) up_to(as_unsigned(rows.integer(0)));
  up_to(end);
  return gaps;
}

std::uint64_t Store::missing() const {
  const StoreInfo& of = info();
  const Spans own{of.grid.size(), of.repeat, of.until, of.shard};
  const std::string units = fmt::format("BETWEEN {} AND {}", own.first_unit(),
                                        std::bit_cast<std::int64_t>(own.end_unit()) - 1);
  const Database& database = impl_->database_;
  if (!of.until) {
    const std::int64_t there = database.number(fmt::format(
        "SELECT count(*) FROM run WHERE combination * {} + replication {}", of.repeat, units));
    return own.runs() - as_unsigned(there);
  }
  const std::string decided = "FROM combination WHERE wanted > 0 AND combination " + units;
  const std::int64_t known = database.number("SELECT count(*) " + decided);
  const std::int64_t wanted = database.number("SELECT sum(wanted) " + decided);
  const std::int64_t there = database.number(
      "SELECT count(*) FROM run JOIN combination c USING (combination) "
      "WHERE replication < c.wanted AND combination " +
      units);
  return as_unsigned(wanted - there) + (own.end_unit() - own.first_unit() - as_unsigned(known));
}

std::uint64_t Store::asked() const {
  const StoreInfo& of = info();
  const Spans own{of.grid.size(), of.repeat, of.until, of.shard};
  if (!of.until) return own.runs();
  return as_unsigned(impl_->database_.number(
      fmt::format("SELECT sum(wanted) FROM combination WHERE combination BETWEEN {} AND {}",
                  own.first_unit(), std::bit_cast<std::int64_t>(own.end_unit()) - 1)));
}

void Store::want_as(const Store& part) {
  if (!info().until) {
    impl_->database_.run(fmt::format("UPDATE combination SET wanted = {}", info().repeat));
    return;
  }
  Statement rows = part.impl_->database_.prepare(
      "SELECT combination, wanted FROM combination WHERE wanted IS NOT NULL");
  std::vector<Span> spans;
  while (rows.step())
    spans.push_back({as_unsigned(rows.integer(0)), 0, as_unsigned(rows.integer(1))});
  want(spans);
}

void Store::for_each(const std::function<void(const RunRow&)>& use) const {
  Statement rows = impl_->database_.prepare("SELECT * FROM run ORDER BY combination, replication");
  const std::size_t shares = shares_of(info().metrics).size();
  const std::size_t families = families_of(info().metrics).size();
  RunRow row;
  while (rows.step()) {
    row.combination = as_unsigned(rows.integer(0));
    row.replication = as_unsigned(rows.integer(1));
    row.seed = as_unsigned(rows.integer(2));
    row.identity = as_unsigned(rows.integer(3));
    row.values.clear();
    row.trials.clear();
    row.times.clear();
    int column = 4;
    for (std::size_t i = 0; i < info().metrics.size(); ++i)
      row.values.push_back(rows.real(column++));
    for (std::size_t i = 0; i < shares; ++i) {
      row.trials.push_back(as_unsigned(rows.integer(column++)));
    }
    for (std::size_t i = 0; i < families; ++i) {
      row.times.push_back(times_from(file(), rows.bytes(column++)));
    }
    use(row);
  }
}

TimeDistribution Store::times(std::uint64_t combination, std::size_t family) const {
  Statement rows = impl_->database_.prepare(fmt::format(
      "SELECT {} FROM run WHERE combination = ?", sql_name(families_of(info().metrics)[family])));
  rows.bind(0, as_signed(combination));
  TimeDistribution all;
  while (rows.step()) all.merge(times_from(file(), rows.bytes(0)));
  return all;
}

Sample Store::sample(std::uint64_t combination, const Figure& figure, std::uint64_t end) const {
  // Only what the figure needs of a row is read; the rest of it stays empty.
  RunRow row;
  row.values.resize(info().metrics.size());
  row.trials.resize(shares_of(info().metrics).size());
  row.times.resize(families_of(info().metrics).size());
  Statement rows = impl_->database_.prepare(
      fmt::format("SELECT replication, {} FROM run WHERE combination = ? AND replication < ? "
                  "ORDER BY replication",
                  columns_of(info(), figure)));
  rows.bind(0, as_signed(combination)).bind(1, as_signed(end));
  Sample sample{figure};
  while (rows.step()) {
    if (figure.of == Figure::Of::times) {
      row.times[figure.index] = times_from(file(), rows.bytes(1));
    } else {
      row.values[figure.column] = rows.real(1);
      if (figure.of == Figure::Of::share) row.trials[figure.index] = as_unsigned(rows.integer(2));
    }
    sample.set(as_unsigned(rows.integer(0)), row);
  }
  return sample;
}

}  // namespace lastack::batch
