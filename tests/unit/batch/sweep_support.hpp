#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "lastack/batch/export.hpp"
#include "lastack/batch/plan.hpp"
#include "lastack/batch/runner.hpp"
#include "lastack/batch/store.hpp"
#include "lastack/core/atomic_file.hpp"
#include "lastack/scenario/sweep.hpp"

namespace lastack::batch {

/// Handshakes over a lossy link, with two settings and two losses: `keys` are more of the sweep's.
inline scenario::Sweep lossy_sweep(const std::string& keys) {
  return scenario::parse_sweep(R"({
    "name": "lossy",
    "scenario": {
      "hosts": {"client": {}, "server": {}},
      "links": [{"a": "client", "b": "server", "delay": "10ms"}],
      "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80"}]
    },
    "vary": {
      "links.0.loss": [0, 0.5],
      "hosts.client.sysctl.tcp_syn_retries": [1, 3]
    },
    "metrics": ["connect_ok", "connect_time", "syn_sent"])" +
                                   keys + "}",
                               "lossy.json");
}

inline Plan lossy_plan(const std::string& keys, Shard shard = {},
                       const std::string& version = "1.0") {
  return {lossy_sweep(keys), version, shard};
}

inline std::string csv_of(const Store& store) {
  std::string text;
  StringWriter out{text};
  write_csv(store, out);
  return text;
}

inline Store in_memory(const Plan& plan) {
  return Store::create(std::string{Store::in_memory}, plan, Store::Existing::refuse);
}

/// The whole sweep at once.
inline Store complete(const Plan& plan, unsigned threads = 2) {
  Store store = in_memory(plan);
  run_sweep(plan, store, threads);
  return store;
}

/// A folder of its own for each test, removed at the end.
class Folder {
 public:
  Folder() : path_{std::filesystem::temp_directory_path() / "lastack-batch-XXXXXX"} {
    std::string name = path_.string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// The names in it, without the log that SQLite keeps beside an open database.
  std::size_t databases() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{path_}) {
      if (entry.path().extension() == ".sqlite") ++count;
    }
    return count;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace lastack::batch
