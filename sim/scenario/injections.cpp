// Forged segments of a scenario.
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "flags.hpp"
#include "sections.hpp"

namespace lastack::scenario {
namespace {

constexpr std::int64_t max_number = std::numeric_limits<std::uint32_t>::max();

/// "iss+1", "iss-5", "iss" or a number of 32 bits; `word` is the "iss" of it.
template <class Ref> Ref number_at(const Value& value, std::string_view word) {
  const std::string wish =
      fmt::format("a number from 0 to {} or one such as \"{}+1\"", max_number, word);
  const auto* n = std::get_if<std::int64_t>(&value.json().value);
  if (n != nullptr && *n >= 0 && *n <= max_number) return {false, *n};
  std::string_view text = value.string(wish);
  if (!text.starts_with(word)) value.want(wish);
  text.remove_prefix(word.size());
  if (text.empty()) return {true, 0};
  const bool negative = text.front() == '-';
  if (!negative && text.front() != '+') value.want(wish);
  const auto offset = parse_count(text.substr(1));
  if (!offset || *offset > static_cast<std::uint64_t>(max_number)) value.want(wish);
  const auto distance = static_cast<std::int64_t>(*offset);
  return {true, negative ? -distance : distance};
}

SeqRef seq_at(const Value& value) { return number_at<SeqRef>(value, "iss"); }
StampRef stamp_at(const Value& value) { return number_at<StampRef>(value, "ts"); }

/// Two numbers, each read by `read`.
template <class Ref>
std::pair<Ref, Ref> pair_at(const Value& value, std::string_view wish, Ref (*read)(const Value&)) {
  if (!value.is_array() || value.size() != 2) value.want(wish);
  std::vector<Ref> numbers;
  value.for_each_element(wish, [&](const Value& element) { numbers.push_back(read(element)); });
  if (numbers.size() != 2) return {};  // the error is noted
  return {numbers[0], numbers[1]};
}

ForgedOption mss_at(const Value& value) { return ForgedMss{value.integer_as<std::uint16_t>(1)}; }

ForgedOption window_scale_at(const Value& value) {
  return ForgedWindowScale{value.integer_as<std::uint8_t>()};
}

ForgedOption timestamps_at(const Value& value) {
  const auto [val, ecr] = pair_at<StampRef>(value, "two timestamps such as [1000, 0]", stamp_at);
  return ForgedTimestamps{val, ecr};
}

ForgedOption sack_at(const Value& value) {
  constexpr std::string_view wish = "1 to 4 blocks such as [[\"iss+100\", \"iss+200\"]]";
  if (value.size() < 1 || value.size() > tcp::Options::max_sack_blocks) value.want(wish);
  ForgedSack sack;
  value.for_each_element(wish, [&](const Value& block) {
    sack.blocks.push_back(
        pair_at<SeqRef>(block, "two edges such as [\"iss+100\", \"iss+200\"]", seq_at));
  });
  return sack;
}

struct OptionKind {
  std::string_view key;
  ForgedOption (*read)(const Value&);
};

constexpr OptionKind option_kinds[] = {
    {"mss", mss_at}, {"wscale", window_scale_at}, {"ts", timestamps_at}, {"sack", sack_at}};

/// {"mss": 1460}
ForgedOption option_with_number_at(const Value& value) {
  const auto* members = std::get_if<Json::Object>(&value.json().value);
  if (members == nullptr || members->size() != 1) {
    value.want("\"sack_permitted\", \"nop\" or an option with one key such as {\"mss\": 1460}");
  }
  const std::string& key = members->front().first;
  std::vector<std::string_view> known;
  for (const OptionKind& kind : option_kinds) {
    if (kind.key == key) return kind.read(value.at(key));
    known.push_back(kind.key);
  }
  value.unknown("an option of TCP", key, known);
}

ForgedOption option_at(const Value& value) {
  if (!value.is_string()) return option_with_number_at(value);
  return one_of<ForgedOption>(value, "an option of TCP without numbers",
                              {{"sack_permitted", ForgedSackPermitted{}}, {"nop", ForgedNop{}}});
}

std::vector<ForgedOption> forged_options_at(const Value& value) {
  std::vector<ForgedOption> options;
  std::size_t octets = 0;
  value.for_each_element("a list of options such as [{\"mss\": 1460}, \"sack_permitted\"]",
                         [&](const Value& element) {
                           options.push_back(option_at(element));
                           octets += octets_of(options.back());
                         });
  if (octets > option_octets_max) {
    value.fail(fmt::format("want options of at most {} octets in all, have {}", option_octets_max,
                           octets));
  }
  return options;
}

Injection injection_at(const Value& value, const Nodes& nodes) {
  value.only_keys("an injected segment", {"at", "from", "to", "sport", "dport", "flags", "seq",
                                          "ack", "win", "len", "options"});
  Injection injection;
  injection.at = value.at("at").time();
  injection.from = nodes.one_host(value.at("from"));
  injection.to = nodes.one_host(value.at("to"));
  if (injection.from == injection.to) value.at("to").want("another host than \"from\"");
  injection.sport = value.at("sport").integer_as<tcp::Port>(1);
  injection.dport = value.at("dport").integer_as<tcp::Port>(1);
  injection.flags = flags_at(value.at("flags"));
  if (const auto v = value.find("seq")) injection.seq = seq_at(*v);
  if (const auto v = value.find("ack")) injection.ack = seq_at(*v);
  if (const auto v = value.find("win")) injection.win = v->integer_as<std::uint16_t>();
  if (const auto v = value.find("options")) injection.options = forged_options_at(*v);
  std::size_t octets = 0;
  for (const ForgedOption& option : injection.options) octets += octets_of(option);
  const auto max_payload = static_cast<std::int64_t>(65535 - 40 - (octets + 3) / 4 * 4);
  if (const auto v = value.find("len")) {
    injection.len = v->integer_as<std::uint32_t>(0, max_payload);
  }
  return injection;
}

}  // namespace

void read_injections(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto injections = root.find("inject");
  if (!injections) return;
  injections->for_each_element("an array of forged segments", [&](const Value& value) {
    scenario.injections.push_back(injection_at(value, nodes));
  });
}

}  // namespace lastack::scenario
