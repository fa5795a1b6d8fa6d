#include "story.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "verdict.hpp"
#include "words.hpp"

namespace lastack::explain {

namespace {

using tcp::Flags;
using tcp::SendReason;
using tcp::State;
using tcp::StateReason;
using trace::AppCall;
using trace::Call;
using trace::Drop;
using trace::End;
using trace::Event;
using trace::Receive;
using trace::Send;
using trace::StateChange;
using trace::TimerChange;

/// More segments than this in one step are counted instead of named.
constexpr std::size_t few_segments = 3;
/// Of what led to nothing so many are shown.
constexpr std::size_t few_besides = 6;
/// So many steps in a row in which nothing but data and acknowledgments passes are shown.
constexpr std::size_t few_dull = 4;

/// How a chain ends: an event, or the end of the run for a life that went on.
struct ChainEnd {
  SimTime at;
  const Event* last;  ///< its causes are the chain, and it too where that goes on
  Verdict verdict;
  bool open = false;           ///< it went on
  const Life* life = nullptr;  ///< whose ending it is; null for a connect's result
};

/// A step with what decides whether it is worth showing.
struct Draft {
  Step step;
  bool dull = true;         ///< data and acknowledgments only
  std::uint64_t lost = 0;   ///< segments sent in it
  std::uint64_t again = 0;  ///< of these, how many had been sent before
};

/// What the retransmission timer fired for that made an end send.
FiredFor fired_for(SendReason why) {
  switch (why) {
    case SendReason::rto: return FiredFor::retransmission;
    case SendReason::fast_retransmit: return FiredFor::lost_by_time;
    case SendReason::syn_repeat: return FiredFor::another_syn;
    case SendReason::window_probe:
    case SendReason::data: return FiredFor::window_probe;  // data: as much as fits
    case SendReason::syn:
    case SendReason::synack:
    case SendReason::ack:
    case SendReason::delack:
    case SendReason::fin:
    case SendReason::reset:
    case SendReason::tlp:
    case SendReason::synack_timeout:
    case SendReason::synack_repeat:
    case SendReason::dup_ack:
    case SendReason::challenge:
    case SendReason::keepalive:
    case SendReason::window_update:
    case SendReason::time_wait: break;
  }
  return FiredFor::other;
}

class Teller {
 public:
  explicit Teller(const Scene& scene) : scene_{scene} {}

  Story tell() {
    Story story;
    story.connection = scene_.all().name(scene_.connection());
    std::vector<ChainEnd> endings = all_endings();
    for (const ChainEnd& ending : endings) {
      if (!ending.open) endings_.insert(ending.last->n);
    }
    for (const ChainEnd& ending : endings) walk_back(*ending.last);
    note_aside(endings);
    told_.clear();
    for (ChainEnd& ending : endings) story.chains.push_back(chain_to(ending));
    tell_besides(story);
    return story;
  }

 private:
  std::vector<ChainEnd> all_endings() const {
    std::vector<ChainEnd> all;
    const Connection& of = scene_.connection();
    if (of.result != nullptr) {
      all.push_back({of.result->at, of.result, verdict_on_connect(scene_)});
    }
    for (const std::size_t index : of.lives) {
      const Life& life = scene_.all().life(index);
      const Event& last = *life.changes.back();
      if (life.state() == State::closed) {
        if (is_told_by_connect(life)) continue;
        all.push_back({last.at, &last, verdict_on_end(scene_, life), false, &life});
      } else {
        all.push_back(going_on(life));
      }
    }
    // What went on comes after all that ended.
    std::stable_sort(all.begin(), all.end(), [](const ChainEnd& a, const ChainEnd& b) {
      return std::tuple{a.open, a.at, a.last->n} < std::tuple{b.open, b.at, b.last->n};
    });
    return all;
  }

  /// An end that is still open: up to the last firing of its timers, if that came after the last
  /// change of its state.
  ChainEnd going_on(const Life& life) const {
    const Event* last = life.changes.back();
    const Event* fired = scene_.last_fired(life.local);
    if (fired != nullptr && fired->n > last->n) last = fired;
    return {scene_.all().recording().ended(), last, verdict_on_open_end(scene_, life), true, &life};
  }

  /// That a connect failed says already that its end is CLOSED.
  bool is_told_by_connect(const Life& life) const {
    const Connection& of = scene_.connection();
    const Event& last = *life.changes.back();
    return of.result != nullptr && !of.connected() && life.local == of.client &&
           last.cause == of.result->cause;
  }

  /// What led to an event, the first cause first, without what was shown before.
  std::vector<const Event*> walk_back(const Event& ending) {
    std::vector<const Event*> way;
    const bool inclusive = std::holds_alternative<TimerChange>(ending.what);
    for (std::uint64_t n = inclusive ? ending.n : ending.cause; n != 0 && told_.insert(n).second;) {
      const Event& event = scene_.event(n);
      way.push_back(&event);
      if (std::holds_alternative<Receive>(event.what)) arrivals_.insert(n);
      const auto* call = std::get_if<AppCall>(&event.what);
      n = call == nullptr ? event.cause : cause_of(event, *call);
    }
    std::reverse(way.begin(), way.end());
    return way;
  }

  /// Where a few connections are accepted together, the trace names the segment that woke the
  /// application: each has its own that completed its handshake.
  std::uint64_t cause_of(const Event& event, const AppCall& call) const {
    if (call.call == Call::connect) return 0;
    if (call.call != Call::accepted) return event.cause;
    std::uint64_t completed = 0;
    for (const std::size_t index : scene_.connection().lives) {
      const Life& life = scene_.all().life(index);
      if (life.local == scene_.connection().client) continue;
      for (const Event* each : life.changes) {
        const bool open = std::get<StateChange>(each->what).to == State::established;
        if (open && each->n < event.n) completed = each->cause;
      }
    }
    return completed;
  }

  Chain chain_to(ChainEnd& ending) {
    Verdict& verdict = ending.verdict;
    Chain chain{
        ending.at, std::move(verdict.outcome), std::move(verdict.why), std::move(verdict.rule), {}};
    std::vector<Draft> drafts;
    for (const Event* event : way_to(ending)) {
      if (auto draft = draft_of(*event)) drafts.push_back(std::move(*draft));
    }
    fold(drafts, chain.steps);
    tell_rules_once(chain.steps);
    return chain;
  }

  /// Steps in a row for which one rule stands show it at the first.
  static void tell_rules_once(std::vector<Step>& steps) {
    std::string before;
    for (Step& step : steps) {
      if (step.rule == before) {
        step.rule.clear();
      } else {
        before = step.rule;
      }
    }
  }

  /// What changed an end's state belongs to its story even where it did not lead to what ended it,
  /// such as the close() that made an orphan: a timer decides what becomes of it. Calls always do,
  /// arrivals where no segment is shown whose fate they are.
  void note_aside(const std::vector<ChainEnd>& endings) {
    std::vector<std::uint64_t> causes;  // but for calls
    for (const ChainEnd& ending : endings) {
      if (ending.life == nullptr) continue;
      for (const Event* change : ending.life->changes) {
        if (change->cause == 0) continue;
        const bool call = std::holds_alternative<AppCall>(scene_.event(change->cause).what);
        if (call) aside_.insert(change->cause);
        if (!call && !told_.contains(change->cause)) causes.push_back(change->cause);
      }
    }
    for (const std::uint64_t n : causes) {
      const auto* received = std::get_if<Receive>(&scene_.event(n).what);
      const Event* sent = received == nullptr ? nullptr : scene_.all().packet(received->id).sent;
      if (sent == nullptr || told_.contains(sent->cause) || aside_.contains(sent->cause)) continue;
      aside_.insert(n);
      arrivals_.insert(n);
    }
  }

  /// What led to an ending. That of a connect begins with the call, even where a forged segment set
  /// off what came to it.
  std::vector<const Event*> way_to(const ChainEnd& ending) {
    std::vector<const Event*> way = walk_back(*ending.last);
    const Connection& of = scene_.connection();
    const bool connects = ending.last == of.result && of.call != nullptr;
    if (connects && told_.insert(of.call->n).second) way.push_back(of.call);
    if (ending.life != nullptr) {
      for (const Event* change : ending.life->changes) {
        const bool missing = change->n <= ending.last->n && aside_.contains(change->cause);
        if (missing && told_.insert(change->cause).second) {
          way.push_back(&scene_.event(change->cause));
        }
      }
    }
    std::sort(way.begin(), way.end(), [](const Event* a, const Event* b) { return a->n < b->n; });
    return way;
  }

  /// Leaves out what passes in between where data goes to and fro for long.
  static void fold(std::vector<Draft>& drafts, std::vector<Step>& steps) {
    for (std::size_t i = 0; i < drafts.size();) {
      std::size_t end = i;
      while (end < drafts.size() && drafts[end].dull) ++end;
      const bool folded = end - i > few_dull + 1;
      const std::size_t left_out = folded ? end - i - few_dull : 0;
      const std::size_t first = folded ? i + few_dull / 2 : end;
      for (; i < first; ++i) steps.push_back(std::move(drafts[i].step));
      if (folded) steps.push_back(summary_of({drafts.data() + i, left_out}));
      for (i += left_out; i < end; ++i) steps.push_back(std::move(drafts[i].step));
      if (i < drafts.size()) steps.push_back(std::move(drafts[i].step));
      ++i;
    }
  }

  static Step summary_of(std::span<const Draft> drafts) {
    std::uint64_t lost = 0;
    std::uint64_t again = 0;
    for (const Draft& draft : drafts) {
      lost += draft.lost;
      again += draft.again;
    }
    std::string text = fmt::format(
        "And so on: {} more steps in which data and acknowledgments passed", drafts.size());
    if (lost == 0 && again == 0) {
      text += " and nothing was lost";
    } else {
      text += fmt::format("; {} lost, {} sent again", counted(lost, "segment"), again);
    }
    return {drafts.front().step.at, text + ".", ""};
  }

  std::optional<Draft> draft_of(const Event& event) {
    if (const auto* call = std::get_if<AppCall>(&event.what)) return draft_of(event, *call);
    if (const auto* received = std::get_if<Receive>(&event.what)) return draft_of(event, *received);
    if (const auto* timer = std::get_if<TimerChange>(&event.what)) {
      if (timer->action == tcp::TimerAction::fire) return draft_of(event, *timer);
    }
    return std::nullopt;  // a send is shown with what caused it, and so is a timer's setting
  }

  std::optional<Draft> draft_of(const Event& event, const AppCall& call) {
    if (call.call == Call::connected) return std::nullopt;
    const bool at_once = event.cause != 0 && scene_.event(event.cause).at == event.at;
    if (call.call == Call::accepted && at_once) return std::nullopt;
    const std::string& host = scene_.names().name(call.host);
    std::string head = fmt::format("The application of {} {}", host, spoken(call));
    std::string rule = rule_of_call(call);
    if (call.call == Call::accepted) {
      const auto failed = scene_.around().failed_accept(scene_.connection().server, event.n);
      if (failed) {
        head += fmt::format(" only now: accept() had failed with {} at {}", name_of(failed->error),
                            how_long(failed->at - sim_start));
        add_rule(rule, rule_of_accept(scene_.around(), scene_.connection().server, failed->error,
                                      event.n));
      }
    }
    const SystemCall fails = failing_call(scene_.connection().error());
    if (call.call == Call::connect && fails != SystemCall::connect) {
      head = fmt::format("The application of {} called {}()", host, name_of(fails));
      return with_effects(event, std::move(head), "", false);
    }
    if (call.who.role == trace::Who::Role::host) {
      head = call.call == Call::reboot ? host + " was rebooted"
                                       : fmt::format("{}: {}", host, name_of(call.call));
    }
    const bool io = call.call == Call::send || is_read(call.call);
    return with_effects(event, std::move(head), std::move(rule), io);
  }

  std::optional<Draft> draft_of(const Event& event, const Receive& received) {
    const Packet& packet = scene_.all().packet(received.id);
    if (packet.sent == nullptr) return std::nullopt;
    mentioned_.insert(packet.sent->n);
    const auto& send = std::get<Send>(packet.sent->what);
    const bool copy = packet.arrivals.front().received != &event;
    std::string head =
        fmt::format("{}{}{} arrived at {}", copy ? "A copy of the " : "The ",
                    send.forged ? "forged " : "", spoken(send), scene_.names().name(received.host));
    Moment moment = scene_.moment(send.dst, event.n);
    // Under a two-way handshake a connection may begin beside an old one.
    const Scene::Events& changes = scene_.changes_by(event.n);
    if (!changes.empty()) moment.state = std::get<StateChange>(changes.front()->what).from;
    std::string rule;
    const Event* discard = scene_.all().discard_of(event);
    if (discard != nullptr) {
      const auto& drop = std::get<Drop>(discard->what);
      head += fmt::format(", which threw it away, since {}", reason_of(drop, send, moment.state));
      rule = rule_of_drop(scene_.around(), moment, drop, send);
    }
    add_rule(rule, by_cookie(event, moment) ? rule_of_cookie(scene_.around(), moment)
                                            : rule_of_arrival(scene_.around(), moment));
    const bool plain = !send.forged && discard == nullptr && !send.segment.flags.has(Flags::syn) &&
                       !send.segment.flags.has(Flags::fin) && !send.segment.flags.has(Flags::rst);
    return with_effects(event, std::move(head), std::move(rule), plain);
  }

  /// Whether a SYN was answered without keeping anything, or an ACK proves such an answer.
  bool by_cookie(const Event& event, const Moment& moment) const {
    const Scene::Events& changes = scene_.changes_by(event.n);
    if (!changes.empty()) {
      return std::get<StateChange>(changes.front()->what).why == StateReason::cookie_arrives;
    }
    const Scene::Events& sends = scene_.sends_by(event.n);
    if (moment.state != State::closed || sends.empty()) return false;
    const Flags flags = std::get<Send>(sends.front()->what).segment.flags;
    return flags.has(Flags::syn) && flags.has(Flags::ack);
  }

  std::optional<Draft> draft_of(const Event& event, const TimerChange& timer) {
    const FiredFor fired_for = fired_for_what(event, timer);
    const Moment moment = scene_.moment(timer.local, event.n);
    std::string head =
        fmt::format("{} of {} ran out after {}", name_of_timer(timer.timer, fired_for),
                    scene_.names().text(timer.local), how_long(scene_.waited(event)));
    if (scene_.doubled(event)) head += ", twice the wait before";
    if (fired_for == FiredFor::giving_up) head += ", and " + no_more(scene_.around(), moment);
    std::string rule;
    if (fired_for != FiredFor::another_syn && is_first_wait(event, moment)) {
      rule = rule_of_first_wait(scene_.around(), timer.local);
    }
    add_rule(rule, rule_of_timer(scene_.around(), moment, timer.timer, fired_for));
    return with_effects(event, std::move(head), std::move(rule),
                        timer.timer == tcp::Timer::delack || fired_for == FiredFor::lost_by_time);
  }

  /// Whether nothing but the initial RTO says how long a SYN or SYN ACK was waited for.
  bool is_first_wait(const Event& fired, const Moment& moment) const {
    const bool opening = moment.state == State::syn_sent || moment.state == State::syn_rcvd;
    if (!opening || fired.cause == 0) return false;
    for (const Event* each : scene_.sends()) {
      const auto& send = std::get<Send>(each->what);
      const bool again = send.src == moment.end && tcp::is_retransmission(send.why);
      if (again && each->n < fired.n) return false;
    }
    return true;
  }

  /// What the firing made TCP do distinguishes the kinds of timers that share a name.
  FiredFor fired_for_what(const Event& event, const TimerChange& timer) const {
    for (const Event* change : scene_.changes_by(event.n)) {
      const StateReason why = std::get<StateChange>(change->what).why;
      if (why == StateReason::retries_used_up) return FiredFor::giving_up;
      if (why == StateReason::window_probes_unanswered) return FiredFor::window_probe;
    }
    if (timer.timer != tcp::Timer::rto) return FiredFor::other;
    for (const Event* send : scene_.sends_by(event.n)) {
      const FiredFor sent = fired_for(std::get<Send>(send->what).why);
      if (sent != FiredFor::other) return sent;
    }
    return FiredFor::other;
  }

  /// A step with the states that changed and the segments that left because of it.
  Draft with_effects(const Event& event, std::string head, std::string rule, bool dull) {
    Draft draft{{event.at, std::move(head), std::move(rule)}, dull};
    const std::string changes = changes_by(event.n);
    draft.dull = draft.dull && changes.empty();
    draft.step.text += changes;
    const Scene::Events& sends = scene_.sends_by(event.n);
    for (const Event* each : sends) count(*each, draft);
    if (sends.size() > few_segments) {
      draft.step.text += many_sent(sends, draft.lost);
    } else {
      for (const Event* each : sends) draft.step.text += "; " + sent(*each, draft.step.rule);
    }
    draft.step.text += ".";
    return draft;
  }

  /// "; client:40000 went from SYN_SENT to ESTABLISHED", but for what outcomes say.
  std::string changes_by(std::uint64_t n) const {
    std::string text;
    for (const Event* each : scene_.changes_by(n)) {
      if (endings_.contains(each->n)) continue;
      const auto& change = std::get<StateChange>(each->what);
      text += fmt::format("; {} went from {} to {}", scene_.names().text(change.local),
                          tcp::name_of(change.from), tcp::name_of(change.to));
    }
    return text;
  }

  void count(const Event& event, Draft& draft) const {
    const auto& send = std::get<Send>(event.what);
    const Packet& packet = scene_.all().packet(send.id);
    draft.lost += packet.lost() ? 1U : 0U;
    draft.again += scene_.times_sent(event) > 1 ? 1U : 0U;
    const bool plain = send.segment.flags.without(Flags::psh | Flags::ack) == Flags::none;
    draft.dull = draft.dull && plain && packet.discard() == nullptr;
  }

  /// "client sent FIN for the 2nd time, but a fault of the scenario took it"
  std::string sent(const Event& event, std::string& rule) {
    mentioned_.insert(event.n);
    const auto& send = std::get<Send>(event.what);
    std::string text =
        fmt::format("{} sent {}", scene_.names().name(send.src.host), spoken_as_sent(send));
    const std::uint64_t times = scene_.times_sent(event);
    if (times > 1) text += fmt::format(" for the {} time", ordinal(times));
    const Packet& packet = scene_.all().packet(send.id);
    return text + what_became_of(packet, rule);
  }

  std::string what_became_of(const Packet& packet, std::string& rule) {
    std::string text;
    if (packet.delay != nullptr) {
      text += fmt::format(", which was held back by {}",
                          how_long(std::get<trace::Delay>(packet.delay->what).by));
    }
    if (packet.duplicate != nullptr) {
      text += fmt::format(", a copy of which followed {} later",
                          how_long(std::get<trace::Duplicate>(packet.duplicate->what).by));
    }
    if (packet.lost()) return text + loss(packet);
    if (packet.arrivals.empty()) return text + ", which was still on its way when the run ended";
    const Packet::Arrival& arrival = packet.arrivals.front();
    if (arrivals_.contains(arrival.received->n)) return text;
    return text + reception(packet, arrival, rule);
  }

  std::string loss(const Packet& packet) const {
    const auto& send = std::get<Send>(packet.sent->what);
    const auto& drop = std::get<Drop>(packet.drop->what);
    if (drop.reason != trace::DropReason{trace::LossReason::host_off}) {
      return fmt::format(", but {}", reason_of(drop, send, State::closed));
    }
    const bool at_receiver = scene_.around().off_since(send.dst.host, packet.drop->n).has_value();
    const trace::HostId off = at_receiver ? send.dst.host : send.src.host;
    return fmt::format(", but the host {} was switched off", scene_.names().name(off));
  }

  /// What came of an arrival that leads to no outcome, and so is no step.
  std::string reception(const Packet& packet, const Packet::Arrival& arrival, std::string& rule) {
    const auto& send = std::get<Send>(packet.sent->what);
    const std::string& host = scene_.names().name(send.dst.host);
    std::string text;
    if (arrival.discard != nullptr) {
      const auto& drop = std::get<Drop>(arrival.discard->what);
      const Moment moment = scene_.moment(send.dst, arrival.discard->n);
      add_rule(rule, rule_of_drop(scene_.around(), moment, drop, send));
      text = fmt::format(", but {} threw it away, since {}", host,
                         reason_of(drop, send, moment.state));
    }
    for (const Event* each : scene_.changes_by(arrival.received->n)) {
      if (endings_.contains(each->n)) continue;
      const auto& change = std::get<StateChange>(each->what);
      text += fmt::format(", which took {} from {} to {}", scene_.names().text(change.local),
                          tcp::name_of(change.from), tcp::name_of(change.to));
    }
    for (const Event* each : scene_.sends_by(arrival.received->n)) {
      mentioned_.insert(each->n);
      const auto& answer = std::get<Send>(each->what);
      const Packet& back = scene_.all().packet(answer.id);
      text += fmt::format("; {} answered with {}", host, spoken_as_sent(answer));
      if (back.lost()) text += loss(back);
    }
    return text;
  }

  /// What was lost, forged or refused without deciding an outcome.
  void tell_besides(Story& story) {
    for (const Event* each : scene_.sends()) {
      const auto& send = std::get<Send>(each->what);
      const Packet& packet = scene_.all().packet(send.id);
      if (!mentioned_.contains(each->n)) {
        const bool remarkable = send.forged || packet.drop != nullptr ||
                                packet.discard() != nullptr || packet.delay != nullptr ||
                                packet.duplicate != nullptr || tcp::is_retransmission(send.why);
        if (remarkable) tell_beside(*each, send, packet, story);
      }
      for (std::size_t i = 1; i < packet.arrivals.size(); ++i) {
        const Event& copy = *packet.arrivals[i].received;
        if (arrivals_.contains(copy.n)) continue;
        const auto draft = draft_of(copy, std::get<Receive>(copy.what));
        if (draft) add_beside(draft->step, story);
      }
    }
    std::stable_sort(story.besides.begin(), story.besides.end(),
                     [](const Step& a, const Step& b) { return a.at < b.at; });
  }

  void tell_beside(const Event& event, const Send& send, const Packet& packet, Story& story) {
    if (send.forged && !packet.arrivals.empty()) {
      const Event& received = *packet.arrivals.front().received;
      if (arrivals_.contains(received.n)) return;
      const auto draft = draft_of(received, std::get<Receive>(received.what));
      if (draft) add_beside(draft->step, story);
      return;
    }
    std::string rule;
    const std::string text = sent(event, rule);
    add_beside({event.at, text + ".", rule}, story);
  }

  static void add_beside(const Step& step, Story& story) {
    if (story.besides.size() < few_besides) {
      story.besides.push_back(step);
    } else {
      ++story.more_besides;
    }
  }

  std::string many_sent(const Scene::Events& sends, std::uint64_t lost) {
    std::uint64_t bytes = 0;
    for (const Event* each : sends) {
      mentioned_.insert(each->n);
      bytes += std::get<Send>(each->what).segment.data;
    }
    const auto& first = std::get<Send>(sends.front()->what);
    std::string text =
        fmt::format("; {} sent {} segments with {}", scene_.names().name(first.src.host),
                    sends.size(), counted(bytes, "byte"));
    if (lost == sends.size()) return text + ", each of which was lost";
    return lost == 0 ? text : text + ", " + some_of_which(lost, "lost");
  }

  const Scene& scene_;
  std::set<std::uint64_t> endings_;  ///< changes to CLOSED, which outcomes report
  std::set<std::uint64_t> told_;     ///< events
  std::set<std::uint64_t>
      aside_;  ///< calls that changed a state, and arrivals that lead to no ending
  std::set<std::uint64_t> arrivals_;   ///< events that are steps
  std::set<std::uint64_t> mentioned_;  ///< sends
};

}  // namespace

Story tell(const Scene& scene) { return Teller{scene}.tell(); }

}  // namespace lastack::explain
