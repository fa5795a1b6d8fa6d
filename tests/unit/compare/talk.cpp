#include "talk.hpp"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace lastack::test {

namespace {

using compare::History;
using compare::RelativeSeq;
using compare::SentSegment;
using compare::SocketName;

[[noreturn]] void cannot_read(const std::string& word) {
  throw std::runtime_error{"no word of a conversation: " + word};
}

RelativeSeq seq_of(const std::string& text) {
  if (text == "abs") return {"abs", 0};
  const std::size_t plus = text.find('+');
  if (plus == std::string::npos) return {"", static_cast<std::uint32_t>(std::stoul(text))};
  return {text.substr(0, plus), static_cast<std::uint32_t>(std::stoul(text.substr(plus + 1)))};
}

SocketName socket_of(const std::string& host) {
  if (host == "client") return {host, 40000, 80};
  return {host, 80, 40000};
}

std::uint32_t number_in(std::istream& words) {
  std::uint32_t number = 0;
  words >> number;
  return number;
}

std::optional<tcp::State> state_of(const std::string& name) {
  if (name == "nothing") return std::nullopt;
  for (std::size_t i = 0; i < tcp::state_count; ++i) {
    const auto state = static_cast<tcp::State>(i);
    if (tcp::name_of(state) == name) return state;
  }
  cannot_read(name);
}

/// "1:101" or "1".
void read_numbers(const std::string& text, SentSegment& segment) {
  const std::size_t colon = text.find(':');
  segment.seq = seq_of(text.substr(0, colon));
  if (colon != std::string::npos) {
    segment.len = seq_of(text.substr(colon + 1)).offset - segment.seq.offset;
  }
}

void read_attribute(const std::string& word, std::istream& words, SentSegment& segment) {
  std::string next;
  if (word == "ack") {
    words >> next;
    segment.ack = seq_of(next);
  } else if (word == "win") {
    segment.win = number_in(words);
  } else if (word == "mss") {
    segment.options.mss = number_in(words);
  } else if (word == "wscale") {
    segment.options.window_scale = number_in(words);
  } else if (word == "sackOK") {
    segment.options.sack_permitted = true;
  } else if (word == "timestamps") {
    segment.options.timestamps = true;
  } else if (word == "sack") {
    words >> next;
    const std::size_t dash = next.find('-');
    segment.sack.emplace_back(seq_of(next.substr(0, dash)), seq_of(next.substr(dash + 1)));
  } else if (word == "dropped") {
    segment.fate = compare::Fate::dropped;
  } else if (word == "delayed") {
    segment.fate = compare::Fate::delayed;
  } else if (word == "duplicated") {
    segment.fate = compare::Fate::duplicated;
  } else {
    cannot_read(word);
  }
}

SentSegment segment_of(const std::string& host, std::istream& line) {
  std::string text;
  std::getline(line, text);
  std::erase(text, ',');
  std::istringstream words{text};
  SentSegment segment;
  segment.from = socket_of(host);
  std::string flags;
  std::string numbers;
  words >> flags >> numbers;
  segment.flags = tcp::Flags::parse(flags).value();
  read_numbers(numbers, segment);
  for (std::string word; words >> word;) read_attribute(word, words, segment);
  return segment;
}

/// "connect: recv eof = 0".
compare::Call call_of(const std::string& host, std::string who, std::istream& words) {
  compare::Call call;
  call.host = host;
  who.pop_back();
  call.who = std::move(who);
  std::getline(words >> std::ws, call.call);
  const std::size_t equals = call.call.find(" = ");
  if (equals == std::string::npos) return call;
  const std::string result = call.call.substr(equals + 3);
  call.call.resize(equals);
  if (result.find_first_not_of("0123456789") == std::string::npos) {
    call.result = std::int64_t{std::stoll(result)};
  } else {
    call.result = result;
  }
  return call;
}

void read_line(const std::string& line, History& history) {
  std::istringstream words{line.substr(0, line.find("  #"))};
  double seconds = 0;
  std::string host;
  std::string verb;
  if (!(words >> seconds >> host >> verb)) return;
  const compare::Seconds at{seconds};
  std::string state;
  if (verb == "sends" || verb == "forges") {
    SentSegment segment = segment_of(host, words);
    segment.at = at;
    if (verb == "forges") segment.maker = SentSegment::Maker::forger;
    history.segments.push_back(std::move(segment));
  } else if (verb == "shows") {
    words >> state;
    if (!history.table) history.table.emplace();
    history.table->push_back({at, socket_of(host), state_of(state)});
  } else if (verb == "enters") {
    words >> state;
    history.states.push_back({at, socket_of(host), state_of(state)});
  } else if (verb == "listens") {
    history.states.push_back({at, {host, socket_of(host).local, 0}, tcp::State::listen});
  } else if (verb.ends_with(':')) {
    compare::Call call = call_of(host, verb, words);
    call.at = at;
    history.calls.push_back(std::move(call));
  } else {
    cannot_read(verb);
  }
}

}  // namespace

History conversation(std::string_view lines) {
  History history;
  std::istringstream in{std::string{lines}};
  for (std::string line; std::getline(in, line);) read_line(line, history);
  return history;
}

History recording(std::string_view lines) {
  History history = conversation(lines);
  if (!history.table) history.table.emplace();
  return history;
}

std::string differing(const History& left, const History& right,
                      const compare::Tolerance& tolerance) {
  const compare::Comparison comparison = compare::compare(left, right, tolerance);
  std::string names;
  const auto add = [&](compare::Aspect aspect, std::string_view before, std::string_view after) {
    if (comparison.of(aspect).empty()) return;
    names.append(names.empty() ? "" : " ").append(before).append(name_of(aspect)).append(after);
  };
  for (const compare::Aspect aspect : compare::verdict_aspects) add(aspect, "", "");
  for (const compare::Aspect aspect : compare::apart_aspects) add(aspect, "(", ")");
  return names;
}

std::string differing(std::string_view left, std::string_view right,
                      const compare::Tolerance& tolerance) {
  return differing(conversation(left), conversation(right), tolerance);
}

}  // namespace lastack::test
