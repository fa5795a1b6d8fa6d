#include "lastack/batch/export.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lastack/batch/estimate.hpp"
#include "lastack/core/text.hpp"

namespace lastack::batch {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t block_bytes = 1U << 16U;

/// Passes text on in blocks.
class Blocks {
 public:
  explicit Blocks(ByteWriter& out) : out_{out} {}

  std::string& text() { return text_; }
  void flush_if_full() {
    if (text_.size() >= block_bytes) flush();
  }
  void flush() {
    out_.write(text_);
    text_.clear();
  }

 private:
  ByteWriter& out_;
  std::string text_;
};

}  // namespace

void write_csv(const Store& store, ByteWriter& out) {
  const StoreInfo& info = store.info();
  Blocks blocks{out};
  std::string& text = blocks.text();
  for (const std::string& path : info.grid.paths()) text += csv_field(path) + ",";
  text += "replication,seed";
  for (const std::string& metric : info.metrics) text += "," + csv_field(metric);
  text += "\n";
  std::string settings;
  std::optional<std::uint64_t> of;
  store.for_each([&](const RunRow& row) {
    if (of != row.combination) {
      of = row.combination;
      settings.clear();
      for (const auto& [path, value] : info.grid.settings_of(*of)) {
        settings += csv_field(value_text(value)) + ",";
      }
    }
    text += settings + fmt::format("{},{}", row.replication, row.seed);
    for (const std::optional<double>& value : row.values) {
      text += value ? fmt::format(",{}", *value) : ",";
    }
    text += "\n";
    blocks.flush_if_full();
  });
  blocks.flush();
}

void write_summary_csv(const Store& store, ByteWriter& out) {
  const StoreInfo& info = store.info();
  Blocks blocks{out};
  std::string& text = blocks.text();
  for (const std::string& path : info.grid.paths()) text += csv_field(path) + ",";
  text += "runs";
  for (const std::string& metric : info.metrics) {
    text += fmt::format(",{0},{0}.low,{0}.high", csv_field(metric));
  }
  text += "\n";
  for (const std::uint64_t c : store.combinations()) {
    for (const auto& [path, value] : info.grid.settings_of(c)) {
      text += csv_field(value_text(value)) + ",";
    }
    text += std::to_string(store.runs(c));
    for (const std::string& metric : info.metrics) {
      const Measured seen = measured(store, c, find_figure(info.metrics, metric).value());
      for (const std::optional<double>& value : {seen.value, seen.low, seen.high}) {
        text += value ? fmt::format(",{}", *value) : ",";
      }
    }
    text += "\n";
    blocks.flush_if_full();
  }
  blocks.flush();
}

void write_json(const Store& store, ByteWriter& out) {
  const StoreInfo& info = store.info();
  Json head = {{"name", info.name},       {"description", info.description},
               {"version", info.version}, {"identity", info.identity},
               {"seed", info.seed},       {"repeat", info.repeat_text}};
  for (const scenario::Axis& axis : info.grid.axes) {
    Json values = Json::array();
    for (const std::string& value : axis.values) values.push_back(Json::parse(value));
    head["vary"][axis.path] = std::move(values);
  }
  Blocks blocks{out};
  std::string& text = blocks.text();
  text = head.dump();
  text.back() = ',';
  text += "\n\"runs\":[";
  bool first = true;
  store.for_each([&](const RunRow& row) {
    Json run;
    for (const auto& [path, value] : info.grid.settings_of(row.combination)) {
      run[path] = Json::parse(value);
    }
    run["replication"] = row.replication;
    run["seed"] = row.seed;
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      run[info.metrics[i]] = row.values[i] ? Json(*row.values[i]) : Json();
    }
    text += (first ? "\n" : ",\n") + run.dump();
    first = false;
    blocks.flush_if_full();
  });
  text += "\n]}\n";
  blocks.flush();
}

}  // namespace lastack::batch
