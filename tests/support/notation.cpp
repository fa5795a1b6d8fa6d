#include "support/notation.hpp"

#include <charconv>
#include <stdexcept>
#include <vector>

namespace lastack::test {
namespace {

using tcp::Flags;
using tcp::Options;
using tcp::Segment;
using tcp::Seq;

[[noreturn]] void wrong(std::string_view what, std::string_view text) {
  throw std::invalid_argument{"want " + std::string{what} + ", have \"" + std::string{text} + "\""};
}

/// The words of `text`, parted by any of `separators`.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (true) {
    const auto first = text.find_first_not_of(separators);
    if (first == std::string_view::npos) return words;
    text.remove_prefix(first);
    const auto length = std::min(text.find_first_of(separators), text.size());
    words.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::int64_t parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) wrong("a number", text);
  return value;
}

Number parse_number(std::string_view text) {
  if (text.starts_with('@')) return {Number::Base::absolute, parse_integer(text.substr(1))};
  if (!text.starts_with('w')) return {Number::Base::relative, parse_integer(text)};
  return {Number::Base::window, text.size() == 1 ? 0 : parse_integer(text.substr(1))};
}

/// "1:1001(1000)", "1:1001" or "1".
void parse_range(std::string_view text, Line& line) {
  text = text.substr(0, text.find('('));
  const auto colon = text.find(':');
  line.seq = parse_number(text.substr(0, colon));
  if (colon == std::string_view::npos) return;
  const Number end = parse_number(text.substr(colon + 1));
  if (end.base != line.seq.base || end.offset < line.seq.offset) wrong("SEQ:END", text);
  line.data = static_cast<std::uint32_t>(end.offset - line.seq.offset);
}

void parse_sack(const std::vector<std::string_view>& words, OptionList& list) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto colon = words[i].find(':');
    if (colon == std::string_view::npos || i > Options::max_sack_blocks) wrong("L:R", words[i]);
    list.sack[i - 1] = {parse_number(words[i].substr(0, colon)),
                        parse_number(words[i].substr(colon + 1))};
    ++list.options.sack_count;
  }
}

void parse_timestamps(const std::vector<std::string_view>& words, OptionList& list) {
  list.options.has_timestamps = true;
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    const auto value = static_cast<std::uint32_t>(parse_integer(words[i + 1]));
    if (words[i] == "val") {
      list.options.ts_val = tcp::Timestamp{value};
      list.has_ts_val = true;
    } else if (words[i] == "ecr") {
      list.options.ts_ecr = tcp::Timestamp{value};
      list.has_ts_ecr = true;
    } else {
      wrong("val or ecr", words[i]);
    }
  }
}

void parse_option(std::string_view text, OptionList& list) {
  const auto words = split(text, " ");
  if (words.empty() || words[0] == "nop") return;
  if (words[0] == "sack") return parse_sack(words, list);
  if (words[0] == "TS") return parse_timestamps(words, list);
  if (words[0] == "sackOK") {
    list.options.sack_permitted = true;
  } else if (words[0] == "mss" && words.size() == 2) {
    list.options.mss = static_cast<std::uint16_t>(parse_integer(words[1]));
  } else if (words[0] == "wscale" && words.size() == 2) {
    list.options.window_scale = static_cast<std::uint8_t>(parse_integer(words[1]));
    list.options.has_window_scale = true;
  } else {
    wrong("mss N, wscale N, sackOK, TS or sack", text);
  }
}

OptionList parse_options(std::string_view text) {
  OptionList list;
  for (const std::string_view option : split(text, ",")) parse_option(option, list);
  return list;
}

Flags parse_flags(std::string_view text) {
  if (text == "-") return Flags::none;
  const auto flags = Flags::parse(text);
  if (!flags) wrong("flags of \"FSRP.\"", text);
  return *flags;
}

Seq resolve(Number number, Seq origin, Seq window_edge) {
  const auto offset = static_cast<std::uint32_t>(number.offset);
  switch (number.base) {
    case Number::Base::relative: return origin + offset;
    case Number::Base::absolute: return Seq{offset};
    case Number::Base::window: return window_edge + offset;
  }
  return origin;
}

tcp::SackBlock resolve(OptionList::Range range, Seq origin) {
  return {resolve(range.left, origin, origin), resolve(range.right, origin, origin)};
}

bool sack_matches(const OptionList& wanted, const Options& seen, Seq origin) {
  if (wanted.options.sack_count != seen.sack_count) return false;
  for (std::size_t i = 0; i < seen.sack_count; ++i) {
    if (resolve(wanted.sack[i], origin) != seen.sack[i]) return false;
  }
  return true;
}

bool options_match(const OptionList& wanted, const Options& seen, Seq origin) {
  const Options& w = wanted.options;
  return w.mss == seen.mss && w.has_window_scale == seen.has_window_scale &&
         w.window_scale == seen.window_scale && w.sack_permitted == seen.sack_permitted &&
         w.has_timestamps == seen.has_timestamps &&
         (!wanted.has_ts_val || w.ts_val == seen.ts_val) &&
         (!wanted.has_ts_ecr || w.ts_ecr == seen.ts_ecr) && sack_matches(wanted, seen, origin);
}

/// Relative where that is short, else absolute.
std::string number_text(Seq number, Seq origin) {
  const auto distance = static_cast<std::int32_t>(number - origin);
  constexpr std::int32_t far = 1 << 30;
  if (distance > -far && distance < far) return std::to_string(distance);
  return "@" + std::to_string(number.raw());
}

std::string options_text(const Options& options, Seq origin) {
  std::string text;
  const auto add = [&](const std::string& option) { text += (text.empty() ? "" : ",") + option; };
  if (options.mss != 0) add("mss " + std::to_string(options.mss));
  if (options.sack_permitted) add("sackOK");
  if (options.has_timestamps) {
    add("TS val " + std::to_string(options.ts_val.raw()) + " ecr " +
        std::to_string(options.ts_ecr.raw()));
  }
  if (options.has_window_scale) add("wscale " + std::to_string(options.window_scale));
  for (std::size_t i = 0; i < options.sack_count; ++i) {
    if (i == 0) add("sack");
    text += " " + number_text(options.sack[i].left, origin) + ":" +
            number_text(options.sack[i].right, origin);
  }
  return text.empty() ? "" : " <" + text + ">";
}

}  // namespace

Line parse_line(std::string_view text) {
  Line line;
  const auto angle = text.find('<');
  if (angle != std::string_view::npos) {
    const auto end = text.find('>', angle);
    if (end == std::string_view::npos) wrong("<options>", text);
    line.options = parse_options(text.substr(angle + 1, end - angle - 1));
  }
  const auto words = split(text.substr(0, angle), " ");
  if (words.size() < 2 || words.size() % 2 != 0) wrong("FLAGS SEQ:END ack N win N <…>", text);
  line.flags = parse_flags(words[0]);
  parse_range(words[1], line);
  for (std::size_t i = 2; i < words.size(); i += 2) {
    if (words[i] == "ack") {
      line.ack = parse_number(words[i + 1]);
    } else if (words[i] == "win") {
      line.win = static_cast<std::uint16_t>(parse_integer(words[i + 1]));
    } else {
      wrong("ack or win", words[i]);
    }
  }
  if (line.ack.has_value() != line.flags.has(Flags::ack)) wrong("ack N exactly with flag .", text);
  return line;
}

Segment to_segment(const Line& line, const Origins& origins, std::uint16_t usual_win) {
  Segment segment;
  segment.flags = line.flags;
  segment.seq = resolve(line.seq, origins.seq, origins.window_edge);
  segment.data = line.data;
  if (line.ack) segment.ack = resolve(*line.ack, origins.ack, origins.ack);
  segment.wnd = line.win.value_or(usual_win);
  if (!line.options) return segment;
  segment.options = line.options->options;
  for (std::size_t i = 0; i < segment.options.sack_count; ++i) {
    segment.options.sack[i] = resolve(line.options->sack[i], origins.ack);
  }
  return segment;
}

bool matches(const Line& wanted, const Segment& seen, const Origins& origins) {
  const Flags seen_flags =
      wanted.flags.has(Flags::psh) ? seen.flags : seen.flags.without(Flags::psh);
  return wanted.flags == seen_flags &&
         resolve(wanted.seq, origins.seq, origins.window_edge) == seen.seq &&
         wanted.data == seen.data &&
         (!wanted.ack || resolve(*wanted.ack, origins.ack, origins.ack) == seen.ack) &&
         (!wanted.win || *wanted.win == seen.wnd) &&
         (!wanted.options || options_match(*wanted.options, seen.options, origins.ack));
}

std::string to_line(const Segment& segment, const Origins& origins) {
  const std::string flags = segment.flags.text();
  std::string text = (flags.empty() ? "-" : flags) + " " + number_text(segment.seq, origins.seq);
  text += ":" + number_text(segment.seq + segment.data, origins.seq);
  if (segment.data != 0) text += "(" + std::to_string(segment.data) + ")";
  if (segment.flags.has(Flags::ack)) text += " ack " + number_text(segment.ack, origins.ack);
  return text + " win " + std::to_string(segment.wnd) + options_text(segment.options, origins.ack);
}

}  // namespace lastack::test
