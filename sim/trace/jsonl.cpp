#include "lastack/trace/jsonl.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "json_text.hpp"
#include "lastack/core/assert.hpp"

namespace lastack::trace {

namespace {

/// Room for everything of one line but texts, whose own room is added when they are put.
constexpr std::size_t line_max = 1024;
/// Bytes that are written together.
constexpr std::size_t block_bytes = 128 * 1024;

std::string_view name_of(tcp::TimerAction action) {
  switch (action) {
    case tcp::TimerAction::arm: return "arm";
    case tcp::TimerAction::fire: return "fire";
    case tcp::TimerAction::cancel: return "cancel";
  }
  LASTACK_UNREACHABLE("an action that is none");
}

}  // namespace

/// Puts one event behind the others of the buffer. Numbers and literals are written unchecked, into
/// room that is made once for the line.
class JsonLinesSink::Line {
 public:
  Line(JsonLinesSink& sink, const Event& event) : sink_{sink} {
    make_room(0);
    literal("{\"n\":");
    number(event.n);
    if (event.cause != 0) {
      literal(",\"cause\":");
      number(event.cause);
    }
    literal(",\"t_ns\":");
    time(event.at);
    std::visit([this](const auto& what) { put(what); }, event.what);
    literal("}\n");
    sink_.used_ = static_cast<std::size_t>(at_ - sink_.buffer_.data());
  }

 private:
  void put(const Send& send) {
    if (send.forged) {
      literal(",\"ev\":\"forge\",\"id\":");
    } else {
      literal(",\"ev\":\"send\",\"id\":");
    }
    number(send.id);
    if (send.protocol == Protocol::datagram) {
      literal(",\"proto\":\"udp\"");
    }
    end(",\"src\":\"", send.src);
    end(",\"dst\":\"", send.dst);
    put_header(send.segment);
    put_options(send.segment.options);
    literal(",\"why\":\"");
    literal(tcp::name_of(send.why));
    literal("\"");
    if (send.relative) literal(",\"relative\":true");
  }

  void put_header(const tcp::Segment& segment) {
    literal(",\"flags\":\"");
    put_flags(segment.flags);
    literal("\",\"seq\":");
    number(segment.seq.raw());
    if (segment.flags.has(tcp::Flags::ack)) {
      literal(",\"ack\":");
      number(segment.ack.raw());
    }
    literal(",\"len\":");
    number(segment.data);
    literal(",\"win\":");
    number(segment.wnd);
  }

  /// As Flags::text, without a string for it.
  void put_flags(tcp::Flags flags) {
    constexpr std::pair<tcp::Flags, std::string_view> letters[] = {{tcp::Flags::fin, "F"},
                                                                   {tcp::Flags::syn, "S"},
                                                                   {tcp::Flags::rst, "R"},
                                                                   {tcp::Flags::psh, "P"},
                                                                   {tcp::Flags::ack, "."}};
    for (const auto& [flag, letter] : letters) {
      if (flags.has(flag)) {
        literal(letter);
      }
    }
  }

  void put_options(const tcp::Options& options) {
    literal(",\"options\":{");
    std::string_view comma;
    const auto key = [&](std::string_view name) {
      literal(comma);
      literal(name);
      comma = ",";
    };
    if (options.mss != 0) {
      key("\"mss\":");
      number(options.mss);
    }
    if (options.has_window_scale) {
      key("\"wscale\":");
      number(options.window_scale);
    }
    if (options.sack_permitted) {
      key("\"sack_permitted\":true");
    }
    if (options.has_timestamps) {
      key("\"ts\":");
      pair(options.ts_val.raw(), options.ts_ecr.raw());
    }
    if (options.sack_count > 0) {
      key("\"sack\":[");
      for (std::size_t i = 0; i < options.sack_count; ++i) {
        literal(i == 0 ? "" : ",");
        pair(options.sack[i].left.raw(), options.sack[i].right.raw());
      }
      literal("]");
    }
    literal("}");
  }

  void put(const Drop& drop) {
    literal(",\"ev\":\"drop\",\"id\":");
    number(drop.id);
    literal(",\"at\":\"");
    literal(name_of(drop.place));
    literal("\",\"reason\":\"");
    literal(trace::name_of(drop.reason));
    literal("\"");
    if (sink_.drop_node_ == DropNode::left_out) return;
    host(",\"node\":\"", drop.node);
    literal("\"");
  }

  void put(const Delay& delay) { put_held("delay", delay.id, delay.by); }
  void put(const Duplicate& duplicate) { put_held("duplicate", duplicate.id, duplicate.by); }

  void put_held(std::string_view kind, std::uint64_t id, SimDuration by) {
    literal(",\"ev\":\"");
    literal(kind);
    literal("\",\"id\":");
    number(id);
    literal(",\"by_ns\":");
    number(by.count());
  }

  void put(const Receive& receive) {
    literal(",\"ev\":\"recv\",\"id\":");
    number(receive.id);
    host(",\"host\":\"", receive.host);
    literal("\"");
  }

  void put(const StateChange& change) {
    literal(",\"ev\":\"state\"");
    put_connection(change.local, change.remote);
    literal(",\"from\":\"");
    literal(tcp::name_of(change.from));
    literal("\",\"to\":\"");
    literal(tcp::name_of(change.to));
    literal("\",\"why\":\"");
    literal(tcp::name_of(change.why));
    literal("\"");
  }

  void put(const TimerChange& change) {
    literal(",\"ev\":\"timer\"");
    put_connection(change.local, change.remote);
    literal(",\"timer\":\"");
    literal(tcp::name_of(change.timer));
    literal("\",\"do\":\"");
    literal(name_of(change.action));
    literal("\"");
    if (change.due != never) {
      literal(",\"due_ns\":");
      number(change.due.time_since_epoch().count());
    }
  }

  void put(const AppCall& app) {
    host(",\"ev\":\"app\",\"host\":\"", app.host);
    literal("\",\"who\":\"");
    literal(trace::name_of(app.who.role));
    if (app.who.number != 0) {
      literal("#");
      number(app.who.number);
    }
    literal("\",\"call\":\"");
    literal(trace::name_of(app.call));
    literal("\"");
    if (const auto* count = std::get_if<std::uint64_t>(&app.result)) {
      literal(",\"result\":");
      number(*count);
    } else if (!std::holds_alternative<std::monostate>(app.result)) {
      text(",\"result\":\"", text_of(app.result));
    }
  }

  /// Port 0 marks the absent other end of a listener.
  void put_connection(End local, End remote) {
    end(",\"local\":\"", local);
    if (remote.port != 0) {
      end(",\"remote\":\"", remote);
    }
  }

  template <std::size_t size> void end(const char (&key)[size], End end) {
    host(key, end.host);
    literal(":");
    number(end.port);
    literal("\"");
  }

  /// Leaves the string open. Most names fit into one block, whose copying needs no call.
  template <std::size_t size> void host(const char (&key)[size], HostId id) {
    literal(key);
    const Name& name = sink_.hosts_[static_cast<std::size_t>(id)];
    if (name.size <= name.start.size()) {
      std::memcpy(at_, name.start.data(), name.start.size());
      at_ += name.size;
    } else {
      make_room(name.all.size());
      literal(std::string_view{name.all});
    }
  }

  template <std::size_t size> void text(const char (&key)[size], std::string_view text) {
    literal(key);
    make_room(text.size());
    char* const begin = at_;
    bool plain = true;
    for (const char c : text) {
      *at_++ = c;
      plain = plain && !needs_escape(c);
    }
    if (!plain) {
      at_ = begin;
      const std::string safe = escaped(text);
      make_room(safe.size());
      literal(std::string_view{safe});
    }
    literal("\"");
  }

  void pair(std::uint32_t first, std::uint32_t second) {
    literal("[");
    number(first);
    literal(",");
    number(second);
    literal("]");
  }

  template <typename Integer> void number(Integer value) {
    constexpr std::ptrdiff_t digits_max = 20;
    at_ = std::to_chars(at_, at_ + digits_max, value).ptr;
  }

  /// The time of the event before, as a rule: then its digits are copied.
  void time(SimTime at) {
    Digits& digits = sink_.time_;
    if (at != digits.of || digits.size == 0) {
      digits.of = at;
      const auto end =
          std::to_chars(digits.text.begin(), digits.text.end(), at.time_since_epoch().count());
      digits.size = static_cast<std::size_t>(end.ptr - digits.text.begin());
    }
    std::memcpy(at_, digits.text.data(), digits.text.size());
    at_ += digits.size;
  }

  /// A text of a size that the compiler knows is stored, not copied by a call.
  template <std::size_t size> void literal(const char (&text)[size]) {
    std::memcpy(at_, text, size - 1);
    at_ += size - 1;
  }

  void literal(std::string_view text) { at_ = std::copy(text.begin(), text.end(), at_); }

  /// After this there is room for a text of `extra` bytes and for all numbers and literals of a
  /// line.
  void make_room(std::size_t extra) {
    const std::size_t used =
        at_ == nullptr ? sink_.used_ : static_cast<std::size_t>(at_ - sink_.buffer_.data());
    if (sink_.buffer_.size() < used + extra + line_max) {
      sink_.buffer_.resize(2 * (used + extra + line_max));
    }
    at_ = sink_.buffer_.data() + used;
  }

  JsonLinesSink& sink_;
  char* at_ = nullptr;
};

JsonLinesSink::JsonLinesSink(std::unique_ptr<ByteWriter> out, DropNode drop_node)
    : out_{std::move(out)},
      drop_node_{drop_node} {}

JsonLinesSink::~JsonLinesSink() = default;

void JsonLinesSink::begin(const Names& names) {
  hosts_.clear();
  for (const std::string& host : names.hosts) {
    Name& name = hosts_.emplace_back();
    name.all = escaped(host);
    name.size = name.all.size();
    name.all.copy(name.start.data(), name.start.size());
  }
}

void JsonLinesSink::event(const Event& event) {
  const Line line{*this, event};
  if (used_ >= block_bytes) {
    out_->write({buffer_.data(), used_});
    used_ = 0;
  }
}

void JsonLinesSink::end(SimTime /*at*/) {
  out_->write({buffer_.data(), used_});
  used_ = 0;
  out_->commit();
}

}  // namespace lastack::trace
