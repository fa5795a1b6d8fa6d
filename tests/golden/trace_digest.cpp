#include "golden/trace_digest.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string_view>

#include "lastack/run/simulation.hpp"
#include "lastack/scenario/load.hpp"
#include "lastack/trace/jsonl.hpp"

namespace lastack::test {
namespace {

class Digester final : public ByteWriter {
 public:
  explicit Digester(TraceDigest& digest) : digest_{digest} {
    digest_ = {.hash = 0xcbf29ce484222325U};
  }

  void write(std::string_view bytes) override {
    for (const char c : bytes) {
      digest_.hash = (digest_.hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
      digest_.lines += c == '\n' ? 1 : 0;
    }
    digest_.bytes += bytes.size();
  }
  void commit() override {}

 private:
  TraceDigest& digest_;
};

void run(const scenario::Scenario& scenario, std::uint64_t seed,
         std::unique_ptr<ByteWriter> writer) {
  trace::JsonLinesSink sink{std::move(writer)};
  run::Simulation{scenario, seed, {&sink}}.run();
}

}  // namespace

std::string to_text(const TraceDigest& digest) {
  char text[64];
  std::snprintf(text, sizeof text, "%016llx %llu lines",
                static_cast<unsigned long long>(digest.hash),
                static_cast<unsigned long long>(digest.lines));
  return text;
}

std::unique_ptr<ByteWriter> digester(TraceDigest& digest) {
  return std::make_unique<Digester>(digest);
}

TraceDigest digest_of(const std::string& scenario_file) {
  const scenario::Scenario scenario = scenario::load_scenario(scenario_file);
  return digest_of(scenario, scenario.seed);
}

TraceDigest digest_of(const scenario::Scenario& scenario, std::uint64_t seed) {
  TraceDigest digest;
  run(scenario, seed, digester(digest));
  return digest;
}

std::vector<std::string> trace_lines(const std::string& scenario_file) {
  const scenario::Scenario scenario = scenario::load_scenario(scenario_file);
  std::string text;
  run(scenario, scenario.seed, std::make_unique<StringWriter>(text));
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> scenario_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  const auto add = [&](const fs::path& file) {
    if (file.extension() == ".json" &&
        scenario::kind_of_file(file.string()) == scenario::FileKind::scenario) {
      files.push_back(file.string());
    }
  };
  if (!fs::is_directory(path)) {
    add(path);
  } else {
    for (const auto& entry : fs::recursive_directory_iterator{path}) {
      if (entry.path().parent_path().filename() != "big") add(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace lastack::test
