// Recordings of a kernel, as tests/oracle/kernel_lab.py writes them.
#include <charconv>
#include <filesystem>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "input.hpp"

namespace lastack::compare {

namespace {

Seconds time_in(const Value& row) { return Seconds{row.at("t").number("a time in seconds")}; }

/// A number such as 1, "#2+1", "old+1" or "abs:4711".
RelativeSeq relative_in(const Value& value) {
  constexpr std::string_view wish = "a relative number such as 1, \"#2+1\" or \"abs:4711\"";
  if (value.is_integer()) return {"", value.integer_as<std::uint32_t>(0)};
  const std::string& text = value.string(wish);
  const std::size_t sign = text.find_last_of("+:");
  if (sign == std::string::npos) value.want(wish);
  RelativeSeq seq{text.substr(0, sign), 0};
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + sign + 1, last, seq.offset);
  if (error != std::errc{} || stop != last) value.want(wish);
  return seq;
}

Fate fate_in(const Value& value) {
  return scenario::one_of<Fate>(value, "a fate",
                                {{"delivered", Fate::delivered},
                                 {"dropped", Fate::dropped},
                                 {"delayed", Fate::delayed},
                                 {"duplicated", Fate::duplicated}});
}

tcp::Port port_in(const Value& value) { return value.integer_as<tcp::Port>(0, 0xffff); }

/// Nothing for a socket that is gone, or not there yet.
std::optional<tcp::State> state_or_none_in(const Value& value) {
  if (std::holds_alternative<std::nullptr_t>(value.json().value)) return std::nullopt;
  return state_in(value);
}

/// Recordings of two hosts do not name the other one.
std::string text_or_none_in(const Value& row, std::string_view key) {
  const auto value = row.find(key);
  return value ? value->string() : "";
}

RelativeBlock relative_block_in(const Value& value) {
  std::vector<RelativeSeq> edges;
  value.for_each_element("[left, right]",
                         [&](const Value& edge) { edges.push_back(relative_in(edge)); });
  if (edges.size() != 2) value.want("[left, right]");
  return {edges[0], edges[1]};
}

void read_options(const Value& row, SentSegment& segment) {
  const Value options = row.at("options");
  if (!options.is_object()) options.want("an object");
  SynOptions& syn = segment.options;
  options.with("mss", [&](const Value& mss) { syn.mss = mss.integer_as<std::uint32_t>(0); });
  options.with("wscale",
               [&](const Value& shift) { syn.window_scale = shift.integer_as<std::uint32_t>(0); });
  options.with("sack_permitted", [&](const Value& is) { syn.sack_permitted = is.boolean(); });
  syn.timestamps = row.at("ts").boolean();
  options.with("sack", [&](const Value& blocks) {
    blocks.for_each_element("a list of blocks", [&](const Value& block) {
      segment.sack.push_back(relative_block_in(block));
    });
  });
}

/// A forged segment's numbers stand as the scenario says them, such as "iss+1"; nothing compares
/// them, so only those that are plain are kept.
void read_forged_numbers(const Value& row, SentSegment& segment) {
  segment.maker = SentSegment::Maker::forger;
  const auto number = [&](std::string_view key) {
    const auto value = row.find(key);
    if (value && value->is_integer()) return RelativeSeq{"", value->integer_as<std::uint32_t>(0)};
    return RelativeSeq{value && value->is_string() ? value->string() : "abs", 0};
  };
  segment.seq = number("seq");
  if (segment.flags.has(tcp::Flags::ack)) segment.ack = number("ack");
}

SentSegment segment_in(const Value& row) {
  SentSegment segment;
  segment.at = time_in(row);
  segment.from = {row.at("from").string(), port_in(row.at("sport")), port_in(row.at("dport")),
                  text_or_none_in(row, "to")};
  segment.flags = flags_in(row.at("flags"));
  segment.len = row.at("len").integer_as<std::uint32_t>(0);
  segment.fate = fate_in(row.at("fate"));
  const auto injected = row.find("injected");
  if (injected && injected->boolean()) {
    read_forged_numbers(row, segment);
    return segment;
  }
  segment.seq = relative_in(row.at("seq"));
  if (segment.flags.has(tcp::Flags::ack)) segment.ack = relative_in(row.at("ack"));
  segment.win = row.at("win").integer_as<std::uint32_t>(0);
  read_options(row, segment);
  return segment;
}

StateChange state_change_in(const Value& row) {
  return {time_in(row),
          {row.at("host").string(), port_in(row.at("sport")), port_in(row.at("dport")),
           text_or_none_in(row, "peer")},
          state_or_none_in(row.at("state"))};
}

Call call_in(const Value& row) {
  return {time_in(row), row.at("host").string(), row.at("who").string(), row.at("call").string(),
          result_in(row.find("result"))};
}

/// Reads the rows of one list of a recording.
template <class Row>
std::vector<Row> rows_in(const Value& recording, std::string_view list, Row (*read)(const Value&)) {
  std::vector<Row> rows;
  recording.at(list).for_each_element("a list of rows",
                                      [&](const Value& row) { rows.push_back(read(row)); });
  return rows;
}

History recording_in(const Value& recording) {
  History history;
  history.segments = rows_in(recording, "wire", segment_in);
  history.states = rows_in(recording, "state", state_change_in);
  history.table = rows_in(recording, "diag", state_change_in);
  history.calls = rows_in(recording, "app", call_in);
  recording.with("kernel",
                 [&](const Value& kernel) { history.source = "Linux " + kernel.string(); });
  forget_needless_peers(history);
  return history;
}

/// So far there is one version, which files do not name.
void check_version(const Value& file) {
  file.with("version", [](const Value& version) { version.integer(1, 1); });
}

std::vector<History> histories_in(const Value& file) {
  check_version(file);
  if (file.has("wire")) return {recording_in(file)};  // one recording by itself
  if (!file.has("recordings")) file.want("a recording: an object with `recordings` or `wire`");
  std::vector<History> histories;
  file.at("recordings").for_each_element("a list of recordings", [&](const Value& recording) {
    histories.push_back(recording_in(recording));
  });
  if (histories.empty()) file.at("recordings").fail("want at least one recording, have none");
  return histories;
}

/// "abort.trace.json, recording 3: Linux 6.18.44"
void name_sources(std::vector<History>& histories, const std::string& file) {
  for (std::size_t i = 0; i < histories.size(); ++i) {
    std::string& source = histories[i].source;
    const std::string kernel = source.empty() ? "" : ": " + source;
    source = fmt::format("{}, recording {} of {}{}", file, i + 1, histories.size(), kernel);
  }
}

}  // namespace

std::vector<History> read_recordings(std::string_view text, const std::string& file) {
  const auto json = scenario::read_json(text);
  if (const auto* problem = std::get_if<scenario::JsonProblem>(&json)) {
    const SyntaxProblem syntax = syntax_problem(*problem);
    throw InputError{file, syntax.line, problem->pointer, syntax.text};
  }
  const scenario::Source source{file, {}};
  try {
    std::vector<History> histories = histories_in(Value{std::get<Json>(json), source});
    name_sources(histories, file);
    return histories;
  } catch (const scenario::ScenarioError& error) {
    throw InputError{file, {}, error.pointer(), error.problem()};
  }
}

}  // namespace lastack::compare
