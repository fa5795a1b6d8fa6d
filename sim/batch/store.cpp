#include "lastack/batch/store.hpp"

#include <algorithm>
#include <bit>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/batch/metrics.hpp"
#include "sqlite.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t application_id = 0x4c415354;  // "LAST"
constexpr std::int64_t format = 3;

/// SQLite's integers have a sign.
std::int64_t as_signed(std::uint64_t value) { return std::bit_cast<std::int64_t>(value); }
std::uint64_t as_unsigned(std::int64_t value) { return std::bit_cast<std::uint64_t>(value); }

/// Each path's last part where only one path ends so, for the views: easier to type.
std::vector<std::string> short_names(const std::vector<std::string>& paths,
                                     const std::vector<std::string>& taken) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string last = paths[i].substr(paths[i].rfind('.') + 1);
    const auto found = scenario::resolve_path(last, paths);
    const bool free = std::find(taken.begin(), taken.end(), last) == taken.end();
    const bool own = found.index == i && free && last != "runs" && last != "replication";
    names.push_back(own ? last : paths[i]);
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

/// Of conditions and back.
Json json_of(const std::vector<scenario::Condition>& conditions) {
  Json all = Json::array();
  for (const scenario::Condition& condition : conditions) {
    Json set = Json::array();
    for (const auto& [path, value] : condition.set) set.push_back({path, value});
    all.push_back({{"name", condition.name},
                   {"scenario", condition.scenario_text},
                   {"file", condition.scenario_file},
                   {"pointer", condition.scenario_pointer},
                   {"set", std::move(set)}});
  }
  return all;
}

std::vector<scenario::Condition> conditions_from(const Json& json) {
  std::vector<scenario::Condition> all;
  for (const Json& one : json) {
    scenario::Condition& condition = all.emplace_back();
    condition.name = one.at("name");
    condition.scenario_text = one.at("scenario");
    condition.scenario_file = one.at("file");
    condition.scenario_pointer = one.at("pointer");
    for (const Json& each : one.at("set")) {
      condition.set.emplace_back(each.at(0).get<std::string>(), each.at(1).get<std::string>());
    }
  }
  return all;
}

/// Of values of axes and back.
Json json_of(const std::vector<scenario::SweepExpectation::Where>& where) {
  Json all = Json::array();
  for (const auto& [axis, value] : where) all.push_back({axis, value});
  return all;
}

std::vector<scenario::SweepExpectation::Where> where_from(const Json& json) {
  std::vector<scenario::SweepExpectation::Where> all;
  for (const Json& each : json) {
    all.push_back({each.at(0).get<std::size_t>(), each.at(1).get<std::size_t>()});
  }
  return all;
}

/// Of expectations and back.
Json json_of(const std::vector<scenario::SweepExpectation>& expectations) {
  Json all = Json::array();
  for (const scenario::SweepExpectation& expectation : expectations) {
    Json one{{"pointer", expectation.pointer},
             {"description", expectation.description},
             {"metric", expectation.metric},
             {"where", json_of(expectation.where)}};
    const auto put = [&one](const char* key, const std::optional<double>& bound) {
      if (bound) one[key] = *bound;
    };
    put("equals", expectation.bounds.equals);
    put("min", expectation.bounds.min);
    put("max", expectation.bounds.max);
    if (!expectation.against.empty()) one["against"] = json_of(expectation.against);
    put("min_ratio", expectation.relative.min_ratio);
    put("max_ratio", expectation.relative.max_ratio);
    put("min_difference", expectation.relative.min_difference);
    put("max_difference", expectation.relative.max_difference);
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<scenario::SweepExpectation> expectations_from(const Json& json) {
  const auto bound = [](const Json& one, const char* key) {
    return one.contains(key) ? std::optional{one[key].get<double>()} : std::nullopt;
  };
  std::vector<scenario::SweepExpectation> all;
  for (const Json& one : json) {
    scenario::SweepExpectation& expectation = all.emplace_back();
    expectation.pointer = one.at("pointer");
    expectation.description = one.at("description");
    expectation.metric = one.at("metric");
    expectation.where = where_from(one.at("where"));
    if (one.contains("against")) expectation.against = where_from(one["against"]);
    expectation.bounds = {bound(one, "equals"), bound(one, "min"), bound(one, "max")};
    expectation.relative = {bound(one, "min_ratio"), bound(one, "max_ratio"),
                            bound(one, "min_difference"), bound(one, "max_difference")};
  }
  return all;
}

std::string shard_text(Shard shard) { return fmt::format("{}/{}", shard.index, shard.count); }

}  // namespace

class Store::Impl {
 public:
  Impl(const std::string& file, Database::Mode mode) : database_{file, mode} {}

  Database database_;
  StoreInfo info_;
  std::optional<Statement> insert_;

  bool is_empty() const { return database_.number("SELECT count(*) FROM sqlite_master") == 0; }

  /// Makes the tables, unless another program was faster, which is reported by false.
  bool make(const StoreInfo& info) {
    database_.keep_write_ahead_log();
    Transaction transaction{database_};
    if (!is_empty()) return false;
    info_ = info;
    database_.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                              application_id, format));
    database_.run(
        "CREATE TABLE info (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE axis (position INTEGER PRIMARY KEY, path TEXT NOT NULL, "
        "\"values\" TEXT NOT NULL)");
    database_.run(combination_table(info_));
    database_.run(run_table(info_));
    database_.run(views(info_));
    write_info();
    write_combinations();
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
  }

  /// Those of the sweep as it is now.
  void expect(const std::vector<scenario::SweepExpectation>& expectations) {
    const std::string text = json_of(expectations).dump();
    if (text == json_of(info_.expectations).dump()) return;
    Statement update = database_.prepare("UPDATE info SET value = ? WHERE key = 'expectations'");
    update.bind(0, text).run();
    info_.expectations = expectations;
  }

  void read_info() {
    check_kind();
    try {
      read_entries();
    } catch (const StoreError&) {
      throw;
    } catch (const std::exception&) {  // neither a number nor JSON where one should be
      throw StoreError{database_.file(),
                       "is damaged: an entry of its table `info` is not there or "
                       "makes no sense"};
    }
  }

 private:
  void read_entries() {
    std::map<std::string, std::string> values;
    Statement rows = database_.prepare("SELECT key, value FROM info");
    while (rows.step()) values[rows.text(0)] = rows.text(1);
    info_.version = values["version"];
    info_.identity = values["identity"];
    info_.name = values["name"];
    info_.description = values["description"];
    info_.conditions = conditions_from(Json::parse(values["conditions"]));
    info_.repeat = std::stoull(values["repeat"]);
    info_.repeat_text = values["repeat_text"];
    info_.seed = std::stoull(values["seed"]);
    const std::string& shard = values["shard"];
    info_.shard = {std::stoull(shard), std::stoull(shard.substr(shard.find('/') + 1))};
    info_.metrics = Json::parse(values["metrics"]).get<std::vector<std::string>>();
    read_until(Json::parse(values["until"]));
    info_.expectations = expectations_from(Json::parse(values["expectations"]));
    Statement axes = database_.prepare("SELECT path, \"values\" FROM axis ORDER BY position");
    while (axes.step()) {
      info_.grid.axes.push_back(
          {axes.text(0), Json::parse(axes.text(1)).get<std::vector<std::string>>()});
    }
    info_.grid.dimensions =
        Json::parse(values["dimensions"]).get<std::vector<std::vector<std::size_t>>>();
    for (const scenario::SweepExpectation& expectation : info_.expectations) {
      if (!find_figure(info_.metrics, expectation.metric)) throw std::out_of_range{"metric"};
      for (const auto* where : {&expectation.where, &expectation.against}) {
        for (const auto& [axis, value] : *where) {
          static_cast<void>(info_.grid.axes.at(axis).values.at(value));
        }
      }
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

  void read_until(const Json& json) {
    if (json.is_null()) return;
    info_.until = scenario::Until{json["metric"], json["half_width"], json["confidence"],
                                  json["min"], json["max"]};
  }

  void write_info() {
    Json until;
    if (info_.until) {
      until = {{"metric", info_.until->metric},
               {"half_width", info_.until->half_width},
               {"confidence", info_.until->confidence},
               {"min", info_.until->min},
               {"max", info_.until->max}};
    }
    const std::vector<std::pair<const char*, std::string>> values{
        {"version", info_.version},
        {"identity", info_.identity},
        {"name", info_.name},
        {"description", info_.description},
        {"conditions", json_of(info_.conditions).dump()},
        {"repeat", std::to_string(info_.repeat)},
        {"repeat_text", info_.repeat_text},
        {"until", until.dump()},
        {"seed", std::to_string(info_.seed)},
        {"shard", shard_text(info_.shard)},
        {"metrics", Json(info_.metrics).dump()},
        {"dimensions", Json(info_.grid.dimensions).dump()},
        {"expectations", json_of(info_.expectations).dump()},
    };
    Statement insert = database_.prepare("INSERT INTO info VALUES (?, ?)");
    for (const auto& [key, value] : values) insert.bind(0, key).bind(1, value).run();
    Statement axis = database_.prepare("INSERT INTO axis VALUES (?, ?, ?)");
    for (std::size_t i = 0; i < info_.grid.axes.size(); ++i) {
      axis.bind(0, static_cast<std::int64_t>(i)).bind(1, info_.grid.axes[i].path);
      axis.bind(2, Json(info_.grid.axes[i].values).dump()).run();
    }
  }

  void write_combinations() {
    std::string sql = "INSERT INTO combination VALUES (?, NULL";
    for (std::size_t i = 0; i < info_.grid.axes.size(); ++i) sql += ", ?";
    Statement insert = database_.prepare(sql + ")");
    for (std::uint64_t i = 0; i < info_.grid.size(); ++i) {
      insert.bind(0, as_signed(i));
      int index = 1;
      for (const auto& [path, value] : info_.grid.settings_of(i))
        bind_value(insert, index++, value);
      insert.run();
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
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) throw StoreError{file, "exists already"};
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

void Store::want(std::uint64_t combination, std::uint64_t runs) {
  impl_->database_.prepare("UPDATE combination SET wanted = ? WHERE combination = ?")
      .bind(0, as_signed(runs))
      .bind(1, as_signed(combination))
      .run();
}

std::optional<std::uint64_t> Store::wanted(std::uint64_t combination) const {
  Statement row = impl_->database_.prepare("SELECT wanted FROM combination WHERE combination = ?");
  row.bind(0, as_signed(combination));
  if (!row.step() || row.is_null(0)) return std::nullopt;
  return as_unsigned(row.integer(0));
}

std::uint64_t Store::runs() const {
  return as_unsigned(impl_->database_.number("SELECT count(*) FROM run"));
}

std::uint64_t Store::runs(std::uint64_t combination) const {
  Statement row = impl_->database_.prepare("SELECT count(*) FROM run WHERE combination = ?");
  row.bind(0, as_signed(combination));
  return row.step() ? as_unsigned(row.integer(0)) : 0;
}

std::vector<bool> Store::have(std::uint64_t combination, std::uint64_t end) const {
  std::vector<bool> there(end, false);
  Statement rows = impl_->database_.prepare(
      "SELECT replication FROM run WHERE combination = ? AND replication < ?");
  rows.bind(0, as_signed(combination)).bind(1, as_signed(end));
  while (rows.step()) there[as_unsigned(rows.integer(0))] = true;
  return there;
}

std::uint64_t Store::missing() const {
  const StoreInfo& of = info();
  std::uint64_t missing = 0;
  for (const Span& span : spans_of(of.grid.size(), of.repeat, of.until, of.shard)) {
    const std::uint64_t end =
        of.until ? wanted(span.combination).value_or(0) : span.first + span.count;
    const std::vector<bool> there = have(span.combination, end);
    const auto first = there.begin() + static_cast<std::ptrdiff_t>(of.until ? 0 : span.first);
    missing += static_cast<std::uint64_t>(std::count(first, there.end(), false));
    if (end == 0) ++missing;
  }
  return missing;
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
