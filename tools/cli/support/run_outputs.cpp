#include "support/run_outputs.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "lastack/trace/sinks.hpp"
#include "support/options.hpp"

namespace lastack::cli {

namespace {

constexpr std::string_view placeholder = "{name}";

std::string filled_in(std::string pattern, const std::string& scenario) {
  const std::string name = std::filesystem::path{scenario}.stem().string();
  for (std::size_t at = pattern.find(placeholder); at != std::string::npos;
       at = pattern.find(placeholder, at + name.size())) {
    pattern.replace(at, placeholder.size(), name);
  }
  return pattern;
}

std::ptrdiff_t outputs_on_stdout(const OutputNames& names) {
  return std::count_if(names.traces.begin(), names.traces.end(), is_stdout) +
         (is_stdout(names.summary) ? 1 : 0) + (is_stdout(names.series) ? 1 : 0);
}

}  // namespace

bool uses_stdout(const OutputNames& names) { return outputs_on_stdout(names) > 0; }

std::vector<OutputNames> names_for_each(const OutputNames& patterns,
                                        const std::vector<std::string>& scenarios,
                                        FileNames files) {
  if (outputs_on_stdout(patterns) > 1) {
    throw UsageError{"--trace, --summary, --series: want one output on stdout, have several"};
  }
  const std::string hint =
      scenarios.size() == 1
          ? ""
          : fmt::format("; with several scenarios write {} in it, such as --trace 'out/{}.jsonl'",
                        placeholder, placeholder);
  const auto own = [&](std::string_view option, const std::string& output) {
    if (output.empty() || is_stdout(output)) return output;  // which is each scenario's in turn
    if (const auto problem = files.take(output)) {
      throw UsageError{fmt::format("{}: {}{}", option, *problem, hint)};
    }
    return output;
  };
  std::vector<OutputNames> all;
  for (const std::string& scenario : scenarios) {
    OutputNames names;
    for (const std::string& pattern : patterns.traces) {
      names.traces.push_back(own("--trace", filled_in(pattern, scenario)));
    }
    names.summary = own("--summary", filled_in(patterns.summary, scenario));
    names.series = own("--series", filled_in(patterns.series, scenario));
    all.push_back(std::move(names));
  }
  return all;
}

RunOutputs::RunOutputs(const OutputNames& names) {
  for (const std::string& file : names.traces) {
    if (trace::format_of(file) == trace::Format::page) {
      auto page = std::make_unique<trace::PageSink>(files_.add(file));
      pages_.push_back(page.get());
      traces_.push_back(std::move(page));
    } else {
      traces_.push_back(trace::make_sink(file, files_));
    }
  }
  if (!names.summary.empty()) summary_ = files_.add(names.summary);
  if (!names.series.empty()) series_ = files_.add(names.series);
}

std::vector<trace::Sink*> RunOutputs::sinks() const {
  std::vector<trace::Sink*> sinks;
  for (const auto& sink : traces_) sinks.push_back(sink.get());
  return sinks;
}

void RunOutputs::finish(const std::string& summary_json, const std::string& command) {
  for (trace::PageSink* page : pages_) page->finish({LASTACK_VERSION, command, summary_json});
  if (!summary_) return;
  summary_->write(summary_json);
  summary_->commit();
}

void RunOutputs::finish_series(const std::string& csv) {
  if (!series_) return;
  series_->write(csv);
  series_->commit();
}

}  // namespace lastack::cli
