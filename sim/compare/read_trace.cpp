// A trace of Lastack: JSON Lines, one event each, in the order of time.
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "history_builder.hpp"
#include "input.hpp"
#include "lastack/event/drop_reason.hpp"

namespace lastack::compare {

namespace {

constexpr std::uint32_t u32_max = 0xffff'ffff;

/// "client:40000".
struct End {
  std::string host;
  tcp::Port port = 0;
};

End end_in(const Value& value) {
  constexpr std::string_view wish = "an end such as \"client:40000\"";
  const std::string& text = value.string(wish);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) value.want(wish);
  End end{text.substr(0, colon), 0};
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, last, end.port);
  if (error != std::errc{} || stop != last) value.want(wish);
  return end;
}

/// A list of two numbers, such as the edges of a SACK block.
WireSegment::Block block_in(const Value& value) {
  std::vector<std::uint32_t> edges;
  value.for_each_element("[left, right]", [&](const Value& edge) {
    edges.push_back(edge.integer_as<std::uint32_t>(0, u32_max));
  });
  if (edges.size() != 2) value.want("[left, right]");
  return {edges[0], edges[1]};
}

class TraceReader {
 public:
  /// Takes the event of one line.
  void read(const Value& event) {
    check_order(event);
    at_ = SimTime{SimDuration{event.at("t_ns").integer_as<std::int64_t>(0)}};
    if (at_ < before_) event.at("t_ns").fail("want a time no earlier than the line before's");
    before_ = at_;
    (this->*reader_of(event.at("ev")))(event);
  }

  History take() { return builder_.take(); }

 private:
  using Reader = void (TraceReader::*)(const Value&);

  static Reader reader_of(const Value& kind) {
    return scenario::one_of<Reader>(kind, "a kind of event (in version 1 of the format)",
                                    {{"send", &TraceReader::send},
                                     {"forge", &TraceReader::forge},
                                     {"drop", &TraceReader::drop},
                                     {"delay", &TraceReader::delay},
                                     {"duplicate", &TraceReader::duplicate},
                                     {"recv", &TraceReader::nothing},
                                     {"state", &TraceReader::state},
                                     {"timer", &TraceReader::nothing},
                                     {"app", &TraceReader::call}});
  }

  /// Lines may have been taken out, but not moved or doubled.
  void check_order(const Value& event) {
    const std::uint64_t n = event.at("n").unsigned_integer();
    if (n <= last_n_) {
      event.at("n").fail(
          fmt::format("want a number above {}, the line before's, have {}", last_n_, n));
    }
    last_n_ = n;
  }

  void send(const Value& event) { segment(event, SentSegment::Maker::host); }
  void forge(const Value& event) { segment(event, SentSegment::Maker::forger); }

  static SocketName socket_of(const End& own, const End& other) {
    return {own.host, own.port, other.port, other.host};
  }

  void segment(const Value& event, SentSegment::Maker maker) {
    WireSegment segment;
    segment.maker = maker;
    const End src = end_in(event.at("src"));
    const End dst = end_in(event.at("dst"));
    segment.id = id_of(event);
    segment.from = socket_of(src, dst);
    segment.to = socket_of(dst, src);
    if (event.has("proto")) segment.kind = WireSegment::Kind::datagram;
    segment.flags = flags_in(event.at("flags"));
    segment.seq = event.at("seq").integer_as<std::uint32_t>(0, u32_max);
    if (segment.flags.has(tcp::Flags::ack)) {
      segment.ack = event.at("ack").integer_as<std::uint32_t>(0, u32_max);
    }
    event.with("relative", [&](const Value& is) { segment.relative = is.boolean(); });
    event.with("len", [&](const Value& len) { segment.len = len.integer_as<std::uint32_t>(0); });
    event.with("win", [&](const Value& win) { segment.win = win.integer_as<std::uint32_t>(0); });
    event.with("options", [&](const Value& options) { read_options(options, segment); });
    builder_.sent(at_, segment);
  }

  static void read_options(const Value& options, WireSegment& segment) {
    SynOptions& syn = segment.options;
    options.with("mss", [&](const Value& mss) { syn.mss = mss.integer_as<std::uint32_t>(0); });
    options.with("wscale", [&](const Value& shift) {
      syn.window_scale = shift.integer_as<std::uint32_t>(0);
    });
    options.with("sack_permitted", [&](const Value& is) { syn.sack_permitted = is.boolean(); });
    syn.timestamps = options.has("ts");
    options.with("sack", [&](const Value& blocks) {
      blocks.for_each_element("a list of blocks",
                              [&](const Value& block) { segment.sack.push_back(block_in(block)); });
    });
  }

  void drop(const Value& event) {
    const auto place = named<trace::DropPlace>(event.at("at").string());
    if (place != trace::DropPlace::host) builder_.met(id_of(event), Fate::dropped);
  }
  void delay(const Value& event) { builder_.met(id_of(event), Fate::delayed); }
  void duplicate(const Value& event) { builder_.met(id_of(event), Fate::duplicated); }
  void nothing(const Value& /*event*/) {}

  void state(const Value& event) {
    const End local = end_in(event.at("local"));
    const auto remote = event.find("remote");
    SocketName socket{local.host, local.port, 0};
    if (remote) socket = socket_of(local, end_in(*remote));
    builder_.entered(at_, std::move(socket), state_in(event.at("to")));
  }

  void call(const Value& event) {
    builder_.called(at_, event.at("host").string(), event.at("who").string(),
                    event.at("call").string(), result_in(event.find("result")));
  }

  static std::uint64_t id_of(const Value& event) { return event.at("id").unsigned_integer(); }

  HistoryBuilder builder_;
  SimTime at_;
  SimTime before_;
  std::uint64_t last_n_ = 0;
};

/// Reads one line; `newline` says whether it ended in one.
enum class Newline { there, missing };

void read_line(TraceReader& reader, const std::string& text, Newline newline,
               const std::string& file, std::size_t line) {
  auto json = scenario::read_json(text);
  if (const auto* problem = std::get_if<scenario::JsonProblem>(&json)) {
    const std::string cut = newline == Newline::missing ? "the trace is cut short: " : "";
    throw InputError{file, line, problem->pointer, cut + syntax_problem(*problem).text};
  }
  const scenario::Source source{file, {}};
  try {
    const Value event{std::get<Json>(json), source};
    if (!event.is_object()) event.want("an event of a trace");
    reader.read(event);
  } catch (const scenario::ScenarioError& error) {
    throw InputError{file, line, error.pointer(), error.problem()};
  }
}

}  // namespace

History read_trace(std::istream& in, const std::string& file) {
  TraceReader reader;
  std::string text;
  std::size_t line = 0;
  while (std::getline(in, text)) {
    read_line(reader, text, in.eof() ? Newline::missing : Newline::there, file, ++line);
  }
  if (line == 0) throw InputError{file, 1, "", "want a trace or a recording, have an empty file"};
  History history = reader.take();
  history.source = file;
  return history;
}

}  // namespace lastack::compare
