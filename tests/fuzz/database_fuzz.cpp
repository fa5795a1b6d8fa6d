// Any database is read or refused with a message; nothing crashes, hangs or eats memory.
//
// The input is a list of changes to a good database: each byte chooses what is changed, and to
// what. Whatever is left then goes through everything that reads databases.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "lastack/batch/contrast.hpp"
#include "lastack/batch/decision.hpp"
#include "lastack/batch/estimate.hpp"
#include "lastack/batch/export.hpp"
#include "lastack/batch/gate.hpp"
#include "lastack/batch/merge.hpp"
#include "lastack/batch/page.hpp"
#include "lastack/batch/runner.hpp"
#include "lastack/batch/worst.hpp"
#include "lastack/scenario/value.hpp"

namespace {

using namespace lastack;
using namespace lastack::batch;

/// A folder in memory, removed at the end.
class Folder {
 public:
  Folder() : path_{"/dev/shm/lastack-fuzz-" + std::to_string(::getpid())} {
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string contents(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Two conditions, two settings, a few runs each; with an `until`, and with an expectation.
Plan plan_of(const std::string& repeat) {
  return {scenario::parse_sweep(R"({"name": "fuzz",
    "scenario": {
      "hosts": {"client": {}, "server": {}}, "stop_at": "1min",
      "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}],
      "apps": [{"host": "server", "listen": 80, "steps": [{"recv": 9}, {"send": 9}]},
               {"host": "client", "connect": "server:80", "steps": [{"send": 9}, {"recv": 9}]}]},
    "under": [{"name": "loss"}, {"name": "dead", "set": {
        "events": [{"at": "0s", "host": "server", "do": "power_off"}]}}],
    "vary": {"hosts.client.sysctl.tcp_syn_retries": [1, 2]},
    "expect": [{"metric": "connect_ok", "where": {"tcp_syn_retries": 1},
                "against": {"tcp_syn_retries": 2}, "max_ratio": 2}],
    "metrics": ["connect_ok", "connect_time", "request_ok", "request_time", "time_in.SYN_SENT",
                "connect_error.ETIMEDOUT", "half_open_at_end", "orphan_time"],
    "repeat": )" + repeat + "}",
                                "fuzz.json"),
          "1.0"};
}

std::vector<std::string> good_databases(const Folder& folder) {
  std::vector<std::string> all;
  for (const char* repeat :
       {"8", R"({"until": {"metric": "connect_ok", "half_width": 0.4}, "min": 4, "max": 8})"}) {
    const std::string file = folder.file("good.sqlite");
    const Plan plan = plan_of(repeat);
    {
      Store store = Store::create(file, plan, Store::Existing::refuse);
      run_sweep(plan, store, 1);
    }
    all.push_back(contents(file));
    std::filesystem::remove(file);
  }
  return all;
}

/// Takes the input apart.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_{data}, end_{data + size} {}

  bool empty() const { return data_ == end_; }
  std::size_t below(std::size_t limit) { return (empty() ? 0U : *data_++) % limit; }
  std::string text(std::size_t most) {
    const auto size = std::min(below(most + 1), static_cast<std::size_t>(end_ - data_));
    std::string bytes(data_, data_ + size);
    data_ += size;
    return bytes;
  }

 private:
  const std::uint8_t* data_;
  const std::uint8_t* end_;
};

/// A value that somebody might put into a cell, as SQL.
std::string value_of(Bytes& bytes) {
  static constexpr const char* odd[] = {"NULL",
                                        "0",
                                        "1",
                                        "-1",
                                        "2",
                                        "9",
                                        "1e308",
                                        "-9e999",
                                        "9e999",
                                        "0.5",
                                        "1.5",
                                        "''",
                                        "'x'",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "1099511627776",
                                        "1000000000",
                                        "x''",
                                        "x'00'",
                                        "x'000101'",
                                        "x'ffffffffffffffffffffff'",
                                        "x'fffe'",
                                        "cast(x'fffe' as text)",
                                        "'[]'",
                                        "'{}'",
                                        "'[[]]'",
                                        "'[[0,1]]'",
                                        "'[[0],[1]]'",
                                        "'[[9]]'",
                                        "'[0]'",
                                        "'null'",
                                        "'1/0'",
                                        "'0/1'",
                                        "'2/1'",
                                        "'1/1000000000'",
                                        "'-1'",
                                        "'1e9'",
                                        "'[\"{\"]'",
                                        "'[\"1\"]'",
                                        "'[\"\\\"loss\\\"\"]'",
                                        "zeroblob(100000)",
                                        "printf('%.*c', 100000, '[')",
                                        "randomblob(9)"};
  const std::size_t which = bytes.below(std::size(odd) + 4);
  if (which < std::size(odd)) return odd[which];
  std::string hex = which % 2 == 0 ? "x'" : "cast(x'";
  for (const char c : bytes.text(32)) {
    constexpr const char* digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  return hex + (which % 2 == 0 ? "'" : "' as text)");
}

std::string statement_of(Bytes& bytes) {
  static constexpr const char* keys[] = {
      "version",     "identity", "name",  "description", "repeat",     "until",       "conditions",
      "repeat_text", "seed",     "shard", "metrics",     "dimensions", "expectations"};
  static constexpr const char* columns[] = {"combination",
                                            "replication",
                                            "seed",
                                            "identity",
                                            "\"connect_ok\"",
                                            "\"connect_ok.of\"",
                                            "\"request_ok\"",
                                            "\"request_ok.of\"",
                                            "\"connect_time\"",
                                            "\"request_time\"",
                                            "\"orphan_time\"",
                                            "\"connect_time.p99\"",
                                            "\"half_open_at_end\"",
                                            "\"time_in.SYN_SENT\""};
  static constexpr const char* whole[] = {
      "DELETE FROM run",
      "DELETE FROM combination",
      "DELETE FROM axis",
      "DROP TABLE run",
      "DROP TABLE axis",
      "DELETE FROM run WHERE replication = 1",
      "DROP VIEW result",
      "PRAGMA user_version = 4",
      "PRAGMA journal_mode = WAL",
      "ALTER TABLE run ADD COLUMN z",
      "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END",
      "INSERT OR IGNORE INTO run SELECT * FROM run",
      "DROP VIEW result; DROP VIEW by_combination; ALTER TABLE run RENAME TO r2; CREATE VIEW run "
      "AS "
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS combination, x "
      "AS replication, 1 AS seed, 1 AS identity FROM c"};
  const std::string where = " WHERE rowid % 3 = " + std::to_string(bytes.below(3));
  switch (bytes.below(6)) {
    case 0: return whole[bytes.below(std::size(whole))];
    case 1: return "UPDATE axis SET \"values\" = " + value_of(bytes) + where;
    case 2: return "UPDATE axis SET path = " + value_of(bytes) + where;
    case 3: return "UPDATE combination SET wanted = " + value_of(bytes) + where;
    case 4: {
      const std::string key = keys[bytes.below(std::size(keys))];
      return "UPDATE info SET value = " + value_of(bytes) + " WHERE key = '" + key + "'";
    }
    default: break;
  }
  const std::string column = columns[bytes.below(std::size(columns))];
  return "UPDATE OR IGNORE run SET " + column + " = " + value_of(bytes) +
         " WHERE replication % 3 = " + std::to_string(bytes.below(3));
}

void change(const std::string& file, Bytes& bytes) {
  sqlite3* handle = nullptr;
  if (sqlite3_open(file.c_str(), &handle) == SQLITE_OK) {
    for (int i = 0; i < 4 && !bytes.empty(); ++i) {
      sqlite3_exec(handle, statement_of(bytes).c_str(), nullptr, nullptr, nullptr);
    }
  }
  sqlite3_close(handle);
}

/// Some bytes of the file itself.
void damage(std::string& database, Bytes& bytes) {
  for (std::size_t i = bytes.below(4); i > 0 && !bytes.empty(); --i) {
    const std::size_t place = (bytes.below(256) * 256 + bytes.below(256)) % database.size();
    database[place] = static_cast<char>(bytes.below(256));
  }
}

template <typename Use> void allowed_to_refuse(Use use) {
  try {
    use();
  } catch (const StoreError&) {
  } catch (const scenario::ScenarioError&) {
  }
}

void read_all(const std::string& file, const Folder& folder) {
  const Store store = Store::open(file);
  const auto text = [&store](auto write) {
    std::string out;
    StringWriter writer{out};
    write(store, writer);
  };
  allowed_to_refuse([&] { text(write_csv); });
  allowed_to_refuse([&] { text(write_json); });
  allowed_to_refuse([&] { text(write_summary_csv); });
  allowed_to_refuse([&] { page_of(store); });
  allowed_to_refuse([&] { evaluate(store); });
  allowed_to_refuse([&] {
    gate(store, store, counterparts(store, store), {{"connect_time.p99", 0.05}, {"connect_ok", 0}},
         0.95);
  });
  allowed_to_refuse([&] {
    const auto figure = find_figure(store.info().metrics, "connect_ok");
    if (figure && !store.info().grid.axes.empty()) contrast(store, {0, 0, {}, {*figure}});
  });
  allowed_to_refuse([&] { merge(folder.file("merged.sqlite"), {file}); });
  std::filesystem::remove(folder.file("merged.sqlite"));
  allowed_to_refuse([&] {
    const Plan plan = plan_of("8");
    Store again = Store::create(file, plan, Store::Existing::go_on);
    run_sweep(plan, again, 1);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  static const std::vector<std::string> good = good_databases(folder);
  Bytes bytes{data, size};
  std::string database = good[bytes.below(good.size())];
  if (bytes.below(4) == 0) damage(database, bytes);
  const std::string file = folder.file("changed.sqlite");
  for (const char* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(file + end);
  std::ofstream{file, std::ios::binary} << database;
  change(file, bytes);
  allowed_to_refuse([&] { read_all(file, folder); });
  return 0;
}
