#include "lastack/trace/ladder.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "ladder_steps.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/core/text.hpp"
#include "units.hpp"

namespace lastack::trace {

namespace {

using tcp::Flags;

/// A pair of ends whichever speaks; orders conversations in maps.
using PairKey = std::tuple<std::uint32_t, tcp::Port, std::uint32_t, tcp::Port, Protocol>;

PairKey key_of(End a, End b, Protocol protocol) {
  const auto raw = [](End end) {
    return std::pair{static_cast<std::uint32_t>(end.host), end.port};
  };
  const auto [low, high] = std::minmax({raw(a), raw(b)});
  return {low.first, low.second, high.first, high.second, protocol};
}

Weight weight_of(const Send& send) {
  const Flags control = Flags::syn | Flags::fin | Flags::rst;
  const bool changes = send.protocol == Protocol::tcp && send.segment.flags.has(control);
  return changes ? Weight::control : Weight::plain;
}

/// "SYN ACK", in the order in which people say it.
std::string flag_words(Flags flags) {
  constexpr std::pair<Flags, std::string_view> words[] = {{Flags::syn, "SYN"},
                                                          {Flags::fin, "FIN"},
                                                          {Flags::rst, "RST"},
                                                          {Flags::psh, "PSH"},
                                                          {Flags::ack, "ACK"}};
  std::string text;
  for (const auto& [flag, word] : words) {
    if (flags.has(flag)) {
      text.append(text.empty() ? "" : " ").append(word);
    }
  }
  return text.empty() ? "no flags" : text;
}

/// Counted from the initial sequence number, as Wireshark does; a number that is none of the
/// connection's stands as it is on the wire.
std::string seq_text(tcp::Seq seq, std::optional<tcp::Seq> iss) {
  constexpr std::uint32_t connection_max = 1U
                                           << 30U;  // octets; more is another connection's number
  if (iss && seq - *iss < connection_max) return std::to_string(seq - *iss);
  return std::to_string(seq.raw()) + (seq == tcp::Seq{0} ? "" : " abs");
}

/// What is worth saying beside the flags; an ordinary first segment needs no word.
std::string_view remark_of(tcp::SendReason why) {
  using tcp::SendReason;
  switch (why) {
    case SendReason::syn:
    case SendReason::synack:
    case SendReason::ack:
    case SendReason::delack:
    case SendReason::data:
    case SendReason::fin:
    case SendReason::reset: return "";
    case SendReason::rto:
    case SendReason::synack_timeout:
    case SendReason::synack_repeat:
    case SendReason::syn_repeat: return "again";
    case SendReason::tlp: return "loss probe";
    case SendReason::fast_retransmit: return "fast retransmit";
    case SendReason::dup_ack: return "duplicate";
    case SendReason::challenge: return "challenge";
    case SendReason::keepalive: return "keepalive";
    case SendReason::window_probe: return "window probe";
    case SendReason::window_update: return "window update";
    case SendReason::time_wait: return "";
  }
  LASTACK_UNREACHABLE("a reason that is none");
}

void add_remark(Label& label, std::string_view remark) {
  if (!remark.empty()) {
    label.text.append(" · ").append(remark);
    label.brief.append(" · ").append(remark);
  }
}

Label datagram_label(const Send& send) {
  const std::string text = "datagram " + std::to_string(send.segment.seq.raw());
  return {text + " len=" + std::to_string(send.segment.data), text};
}

/// `own` and `peer`: initial sequence numbers, as far as they were seen. The brief form leaves out
/// what matters less: of data the acknowledgment, of other segments the sequence number.
Label label_of(const Send& send, std::optional<tcp::Seq> own, std::optional<tcp::Seq> peer) {
  const tcp::Segment& segment = send.segment;
  if (send.protocol == Protocol::datagram) return datagram_label(send);
  const bool foreign_syn = send.forged && segment.flags.has(Flags::syn);
  const std::string words = (send.forged ? "forged " : "") + flag_words(segment.flags);
  const std::string seq = " seq=" + seq_text(segment.seq, foreign_syn ? std::nullopt : own);
  const bool has_ack = segment.flags.has(Flags::ack);
  const std::string ack = has_ack ? " ack=" + seq_text(segment.ack, peer) : "";
  const std::string len = segment.data > 0 ? " len=" + std::to_string(segment.data) : "";
  const bool closed_window = segment.wnd == 0 && !segment.flags.has(Flags::rst);
  const std::string win = closed_window ? " win=0" : "";
  const bool seq_matters = segment.data > 0 || !has_ack;
  Label label{words + seq + ack + len + win, words + (seq_matters ? seq + len : ack) + win};
  if (!send.forged) {
    add_remark(label, remark_of(send.why));
  }
  return label;
}

/// "connect: ETIMEDOUT", "recv eof 20000", "shutdown write".
std::string call_text(const AppCall& app) {
  const std::string_view error = errno_of(app.result);
  const Call call = app.call == Call::connected && !error.empty() ? Call::connect : app.call;
  std::string text{name_of(call)};
  if (!error.empty()) return text.append(": ").append(error);
  const bool worth_a_word = std::holds_alternative<std::uint64_t>(app.result) ||
                            std::holds_alternative<std::string>(app.result);
  return worth_a_word ? text + " " + text_of(app.result) : text;
}

}  // namespace

/// Sorts events into conversations. Beyond the limits it only counts.
class LadderBuilder::Impl {
 public:
  explicit Impl(LadderLimits limits) : limits_{limits} {}

  void begin(const Names& names) {
    names_ = names;
    sheet_.scenario = printable(names.scenario);
    sheet_.description = printable_lines(names.description);
    sheet_.seed = names.seed;
  }

  void event(const Event& event) {
    if (event.at != now_) {
      forget_landed();
      now_ = event.at;
    }
    std::visit([&](const auto& what) { on(what, event); }, event.what);
  }

  void end(SimTime at) {
    sheet_.ended = at;
    for (Unplaced& call : unplaced_) {
      tell_loose(call.event.at, std::get<AppCall>(call.event.what));
    }
    unplaced_.clear();
    for (const Conversation& conversation : conversations_) {
      sheet_.ladders.push_back(lay_out(conversation, names_));
    }
    conversations_.clear();
  }

  const LadderSheet& sheet() const { return sheet_; }

 private:
  using Index = std::uint32_t;  ///< into conversations_
  static constexpr Index hidden = ~Index{0};
  /// How many events back a cause may lie for its conversation to be known.
  static constexpr std::size_t owners_kept = 1U << 15U;

  struct Flight {
    Index conversation;
    Side from;
    Label label;
    std::uint32_t copies = 1;
    SimTime landed_at = never;
  };
  struct Owner {
    std::uint64_t n = 0;
    Index conversation = hidden;
  };
  /// A call that has not led to a segment yet.
  struct Unplaced {
    Event event;
  };
  struct App {
    Index conversation;
    Side side;
  };

  // --- Which conversation ---

  Index conversation_of(End local, End remote, Protocol protocol) {
    const auto [it, is_new] = by_pair_.try_emplace(key_of(local, remote, protocol), hidden);
    if (!is_new) return it->second;
    if (conversations_.size() >= limits_.ladders) {
      ++sheet_.ladders_left_out;
      return hidden;
    }
    it->second = static_cast<Index>(conversations_.size());
    Conversation& made = conversations_.emplace_back(protocol, local, remote, limits_);
    for (std::size_t side = 0; side < 2 && protocol == Protocol::tcp; ++side) {
      const auto listening = listening_.find(listener_key(made.ends[side]));
      if (listening != listening_.end() && listening->second) {
        made.first_states[side] = made.states[side] = tcp::State::listen;
      }
    }
    return it->second;
  }

  using ListenerKey = std::pair<std::uint32_t, tcp::Port>;
  static ListenerKey listener_key(End end) {
    return {static_cast<std::uint32_t>(end.host), end.port};
  }

  void note_owner(const Event& event, Index conversation) {
    const std::size_t place = event.n % owners_kept;
    if (place >= owners_.size()) {
      owners_.resize(std::min(owners_kept, 2 * (place + 1)));
    }
    owners_[place] = {event.n, conversation};
  }
  std::optional<Index> owner_of(std::uint64_t n) const {
    const std::size_t place = n % owners_kept;
    if (n == 0 || place >= owners_.size() || owners_[place].n != n) return std::nullopt;
    return owners_[place].conversation;
  }

  void add(Index conversation, const Event& event, decltype(Step::what) what) {
    note_owner(event, conversation);
    if (conversation != hidden) {
      conversations_[conversation].add({event.at, event.n, event.cause, std::move(what)});
    }
  }
  void remark(Index conversation, Side side, const Event& event, LadderNote note) {
    add(conversation, event, Remark{side, std::move(note)});
  }

  // --- Packets ---

  void on(const Send& send, const Event& event) {
    const Index index = conversation_of(send.src, send.dst, send.protocol);
    if (!send.forged) {
      place_calls(event, send.src, index);
    }
    if (index == hidden) {
      note_owner(event, hidden);
      return;
    }
    Conversation& conversation = conversations_[index];
    const Side from = conversation.side_of(send.src);
    if (!send.forged && send.protocol == Protocol::tcp && send.segment.flags.has(Flags::syn)) {
      conversation.iss[index_of(from)] = send.segment.seq;
    }
    Label label =
        label_of(send, conversation.iss[index_of(from)], conversation.iss[index_of(other(from))]);
    flights_.emplace(send.id, Flight{index, from, label});
    add(index, event,
        Departure{send.id, from, weight_of(send), send.forged ? Origin::nowhere : Origin::sender,
                  !send.forged && tcp::is_retransmission(send.why), std::move(label)});
  }

  void on(const Receive& receive, const Event& event) {
    const auto it = flights_.find(receive.id);
    if (it != flights_.end()) {
      land(it, event, LadderLeg::Fate::arrived, "");
    } else {
      note_owner(event, hidden);
    }
  }

  void on(const Drop& drop, const Event& event) {
    const auto it = flights_.find(drop.id);
    if (it == flights_.end()) return;
    const Flight& flight = it->second;
    std::string reason{name_of(drop.reason)};
    if (drop.place == DropPlace::wire) {
      const Conversation& conversation = conversations_[flight.conversation];
      if (drop.node != conversation.ends[index_of(flight.from)].host) {
        reason += " at " + names_.name(drop.node);
      }
      land(it, event, LadderLeg::Fate::lost, reason);
    } else if (flight.landed_at == event.at) {
      remark(flight.conversation, other(flight.from), event,
             {LadderNote::Kind::discard, std::move(reason)});
    } else {
      land(it, event, LadderLeg::Fate::discarded, reason);
    }
  }

  void land(std::unordered_map<std::uint64_t, Flight>::iterator it, const Event& event,
            LadderLeg::Fate fate, const std::string& reason) {
    Flight& flight = it->second;
    add(flight.conversation, event, Landing{it->first, flight.from, fate, reason, flight.label});
    flight.landed_at = event.at;
    if (flight.copies > 0 && --flight.copies == 0) {
      landed_.push_back(it->first);
    }
  }

  void forget_landed() {
    for (const std::uint64_t id : landed_) {
      flights_.erase(id);
    }
    landed_.clear();
  }

  void on(const Delay& delay, const Event& /*event*/) {
    mark(delay.id, "delayed " + duration_text(delay.by));
  }

  void on(const Duplicate& duplicate, const Event& /*event*/) {
    mark(duplicate.id, "doubled");
    if (const auto it = flights_.find(duplicate.id); it != flights_.end()) {
      ++it->second.copies;
    }
  }

  void mark(std::uint64_t id, const std::string& text) {
    const auto it = flights_.find(id);
    if (it == flights_.end()) return;
    add_remark(it->second.label, text);
    if (Departure* departure = conversations_[it->second.conversation].departure(id)) {
      add_remark(departure->label, text);
    }
  }

  // --- Connections ---

  void on(const StateChange& change, const Event& event) {
    if (change.remote.port == 0) {
      listen_changes(change, event);
      return;
    }
    const Index index = conversation_of(change.local, change.remote, Protocol::tcp);
    place_calls(event, change.local, index);
    if (index == hidden) {
      note_owner(event, hidden);
      return;
    }
    Conversation& conversation = conversations_[index];
    const Side side = conversation.side_of(change.local);
    auto& first = conversation.first_states[index_of(side)];
    if (!first) {
      first = change.from;
    }
    conversation.states[index_of(side)] = change.to;
    remark(index, side, event,
           {LadderNote::Kind::state, std::string{tcp::name_of(change.to)}, change.to});
  }

  /// A listener belongs to every conversation of its end that has no connection there now.
  void listen_changes(const StateChange& change, const Event& event) {
    listening_[listener_key(change.local)] = change.to == tcp::State::listen;
    for (Index i = 0; i < conversations_.size(); ++i) {
      Conversation& conversation = conversations_[i];
      for (const Side side : {Side::left, Side::right}) {
        tcp::State& state = conversation.states[index_of(side)];
        const bool concerned = conversation.protocol == Protocol::tcp &&
                               conversation.ends[index_of(side)] == change.local &&
                               state == change.from;
        if (concerned) {
          state = change.to;
          remark(i, side, event,
                 {LadderNote::Kind::state, std::string{tcp::name_of(change.to)}, change.to});
        }
      }
    }
  }

  void on(const TimerChange& change, const Event& event) {
    if (change.remote.port == 0) return;
    const Index index = conversation_of(change.local, change.remote, Protocol::tcp);
    note_owner(event, index);
    if (index == hidden) return;
    Conversation& conversation = conversations_[index];
    const Side side = conversation.side_of(change.local);
    auto& armed = conversation.armed[index_of(side)][static_cast<std::size_t>(change.timer)];
    if (change.action == tcp::TimerAction::arm) {
      armed = event.at;
    } else if (change.action == tcp::TimerAction::fire) {
      std::string text{tcp::name_of(change.timer)};
      if (armed) {
        text += " " + duration_text(event.at - *armed);
      }
      remark(index, side, event, {LadderNote::Kind::timer, std::move(text)});
      armed.reset();
    }
  }

  // --- Applications ---

  void on(const AppCall& app, const Event& event) {
    if (app.who.role == Who::Role::host) {
      tell_all(app, event);
      return;
    }
    const std::optional<App> known = app_of(app, event);
    if (known) {
      apps_.insert_or_assign({app.host, app.who}, *known);
      if (app.call == Call::accepted && known->conversation != hidden) {
        conversations_[known->conversation].apps[1] = "accept";
      }
      remark_call(*known, event);
    } else {
      unplaced_.push_back({event});
      tell_old_unplaced();
    }
  }

  /// Whose connection a call concerns: that of the event that caused it; else that of the earlier
  /// calls of the same name, which several connectors of a host may share.
  std::optional<App> app_of(const AppCall& app, const Event& event) {
    if (app.call == Call::connect) {
      return std::nullopt;  // its connection is still to come
    }
    const std::optional<Index> owner = owner_of(event.cause);
    if (owner == hidden) {
      return App{hidden, Side::left};
    }
    const auto named = apps_.find({app.host, app.who});
    if (owner && (named == apps_.end() || named->second.conversation != *owner)) {
      return App{*owner, side_at(*owner, app)};
    }
    const bool of_unplaced =
        std::any_of(unplaced_.begin(), unplaced_.end(),
                    [&](const Unplaced& call) { return call.event.n == event.cause; });
    if (named != apps_.end() && !of_unplaced) return named->second;
    return app.call == Call::accepted ? oldest_unaccepted(app.host) : std::nullopt;
  }

  /// The end of a conversation at an application's host; where both are there, who accepts is
  /// right.
  Side side_at(Index conversation, const AppCall& app) const {
    const auto& ends = conversations_[conversation].ends;
    if (ends[0].host == ends[1].host) {
      return app.who.role == Who::Role::accept ? Side::right : Side::left;
    }
    return ends[0].host == app.host ? Side::left : Side::right;
  }

  void remark_call(App app, const Event& event) {
    if (app.conversation == hidden) {
      note_owner(event, hidden);
      return;
    }
    remark(app.conversation, app.side, event,
           {LadderNote::Kind::call, call_text(std::get<AppCall>(event.what))});
  }

  /// For a trace that does not say which connection was accepted.
  std::optional<App> oldest_unaccepted(HostId host) {
    for (Index i = 0; i < conversations_.size(); ++i) {
      Conversation& conversation = conversations_[i];
      const bool fits = conversation.ends[1].host == host && conversation.apps[1].empty() &&
                        conversation.states[1] != tcp::State::closed &&
                        conversation.states[1] != tcp::State::listen;
      if (fits) {
        conversation.apps[1] = "accept";
        return App{i, Side::right};
      }
    }
    return std::nullopt;
  }

  /// Calls that wait for their connection find it in what they caused, or in what their host does
  /// at the same instant.
  void place_calls(const Event& event, End local, Index index) {
    if (unplaced_.empty()) return;
    for (std::size_t i = 0; i < unplaced_.size(); ++i) {
      const Event call = unplaced_[i].event;
      const auto& app = std::get<AppCall>(call.what);
      const bool caused = event.cause == call.n;
      const bool at_once = event.cause == 0 && call.at == event.at;
      if (app.host != local.host || app.call != Call::connect || !(caused || at_once)) continue;
      const App found{index, index == hidden ? Side::left : conversations_[index].side_of(local)};
      apps_.insert_or_assign({app.host, app.who}, found);
      unplaced_.erase(unplaced_.begin() + static_cast<std::ptrdiff_t>(i));
      remark_call(found, call);
      return;
    }
  }

  /// Power and settings concern all conversations of a host.
  void tell_all(const AppCall& app, const Event& event) {
    bool noted = false;
    for (Index i = 0; i < conversations_.size(); ++i) {
      for (const Side side : {Side::left, Side::right}) {
        if (conversations_[i].ends[index_of(side)].host == app.host) {
          remark(i, side, event, {LadderNote::Kind::host, call_text(app)});
          noted = true;
        }
      }
    }
    if (!noted) {
      tell_loose(event.at, app);
    }
  }

  /// A call finds its connection at once or never.
  void tell_old_unplaced() {
    while (!unplaced_.empty() && unplaced_.front().event.at < now_) {
      tell_loose(unplaced_.front().event.at, std::get<AppCall>(unplaced_.front().event.what));
      unplaced_.pop_front();
    }
  }

  void tell_loose(SimTime at, const AppCall& app) {
    if (sheet_.loose_calls.size() < limits_.loose_calls) {
      sheet_.loose_calls.emplace_back(
          at, names_.name(app.host) + " " + text_of(app.who) + ": " + call_text(app));
    } else {
      ++sheet_.loose_calls_left_out;
    }
  }

  LadderLimits limits_;
  Names names_;
  LadderSheet sheet_;
  SimTime now_ = sim_start;
  std::vector<Conversation> conversations_;
  std::map<PairKey, Index> by_pair_;
  std::map<ListenerKey, bool> listening_;
  std::unordered_map<std::uint64_t, Flight> flights_;  ///< of the conversations that are shown
  std::vector<std::uint64_t> landed_;
  std::vector<Owner> owners_;  ///< a ring by Event::n; it grows with the trace up to owners_kept
  std::map<std::pair<HostId, Who>, App> apps_;
  std::deque<Unplaced> unplaced_;
};

std::string text_of(const LadderNote& note) {
  switch (note.kind) {
    case LadderNote::Kind::timer: return "◷ " + note.text;
    case LadderNote::Kind::discard: return "✗ " + note.text;
    case LadderNote::Kind::state:
    case LadderNote::Kind::call:
    case LadderNote::Kind::host: return note.text;
  }
  return note.text;
}

LadderBuilder::LadderBuilder(LadderLimits limits) : impl_{std::make_unique<Impl>(limits)} {}

LadderBuilder::~LadderBuilder() = default;

void LadderBuilder::begin(const Names& names) { impl_->begin(names); }

void LadderBuilder::event(const Event& event) { impl_->event(event); }

void LadderBuilder::end(SimTime at) { impl_->end(at); }

LadderSheet LadderBuilder::sheet() const {
  LadderSheet sheet = impl_->sheet();
  for (const Ladder& ladder : sheet.ladders) ladder.check_invariants();
  return sheet;
}

void Ladder::check_invariants() const {
  for (std::size_t i = 1; i < rows.size(); ++i) LASTACK_ASSERT(rows[i - 1].at <= rows[i].at);
  std::size_t row = 0;
  for (const LadderArrow& arrow : arrows) {
    LASTACK_ASSERT(arrow.row >= row);
    row = arrow.row;
    LASTACK_ASSERT(row < rows.size());
    LASTACK_ASSERT(!arrow.legs.empty());
    for (const LadderLeg& leg : arrow.legs) {
      LASTACK_ASSERT(leg.row >= row);
      LASTACK_ASSERT(leg.row < rows.size());
    }
  }
}

}  // namespace lastack::trace
