#include "verdict.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "lastack/core/text.hpp"
#include "lastack/explain/explain.hpp"
#include "words.hpp"

namespace lastack::explain {

namespace {

using tcp::Error;
using tcp::Flags;
using tcp::State;
using tcp::StateReason;
using trace::AppCall;
using trace::End;
using trace::Event;
using trace::Receive;
using trace::Send;
using trace::StateChange;
using trace::TimerChange;

/// What became of some segments.
struct Fates {
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;       ///< on the way
  std::uint64_t discarded = 0;  ///< by the host that they reached
  std::uint64_t delayed = 0;    ///< on the way, but not lost
};

template <class Wanted> Fates fates(const Scene& scene, const Scene::Events& among, Wanted wanted) {
  Fates fates;
  for (const Event* each : among) {
    const auto& send = std::get<Send>(each->what);
    if (!wanted(*each, send)) continue;
    ++fates.sent;
    const Packet& packet = scene.all().packet(send.id);
    if (packet.lost()) ++fates.lost;
    if (packet.delay != nullptr && !packet.lost()) ++fates.delayed;
    // What is answered had an effect, even where it is not taken otherwise.
    const bool without_effect =
        packet.discard() != nullptr && scene.sends_by(packet.arrivals[0].received->n).empty();
    if (without_effect) ++fates.discarded;
  }
  return fates;
}

template <class Wanted> Fates fates(const Scene& scene, Wanted wanted) {
  return fates(scene, scene.sends(), wanted);
}

bool is_syn(const Send& send, bool with_ack) {
  return send.segment.flags.has(Flags::syn) && send.segment.flags.has(Flags::ack) == with_ack;
}

/// "and each was lost", "3 of which were lost", "and it was thrown away".
std::string what_became(const Fates& fates) {
  const auto part = [&](std::uint64_t number, std::string_view fate) -> std::string {
    if (fates.sent == 1) return fmt::format("and it was {}", fate);
    if (number == fates.sent) return fmt::format("and each was {}", fate);
    return some_of_which(number, fate);
  };
  std::string text;
  const auto add = [&](std::uint64_t number, std::string_view fate) {
    if (number == 0) return;
    text += text.empty()
                ? ", " + part(number, fate)
                : fmt::format(" and {} {}", number == 1 ? "one" : fmt::to_string(number), fate);
  };
  add(fates.lost, "lost");
  add(fates.discarded, "thrown away on arrival");
  add(fates.delayed, "held back on the way");
  return text;
}

/// "client sent SYN 3 times, and each was lost".
std::string sent_text(const Scene& scene, End from, std::string_view what, const Fates& fates) {
  return fmt::format("{} sent {} {}{}", scene.names().name(from.host), what, so_often(fates.sent),
                     what_became(fates));
}

/// What a segment needs at least from one end to the other; nothing where none arrived.
SimDuration shortest_way(const Scene& scene) {
  std::optional<SimDuration> shortest;
  for (const Event* each : scene.sends()) {
    const Packet& packet = scene.all().packet(std::get<Send>(each->what).id);
    if (packet.arrivals.empty()) continue;
    const SimDuration way = packet.arrivals.front().received->at - each->at;
    if (!shortest || way < *shortest) shortest = way;
  }
  return shortest.value_or(SimDuration{});
}

/// Since an event, of all that the other end sent; empty where none of it was lost.
std::string lost_answers(const Scene& scene, End to, const Event& since, const Event& until) {
  const SimTime latest = until.at - shortest_way(scene);  // later ones could not matter
  const Fates answers = fates(scene, [&](const Event& event, const Send& send) {
    return send.dst == to && !send.forged && event.n > since.n && event.at < latest;
  });
  const std::string& name = scene.names().name(scene.other(to).host);
  if (answers.sent == 0) return fmt::format("{} sent nothing in that time", name);
  const std::uint64_t gone = answers.lost + answers.discarded;
  if (gone == 0) return "";
  if (gone == answers.sent) {
    return answers.sent == 1 ? fmt::format("the only segment that {} sent then was {}", name,
                                           answers.lost == 1 ? "lost" : "thrown away on arrival")
                             : fmt::format("of the {} segments that {} sent then, none got through",
                                           answers.sent, name);
  }
  return fmt::format("of the {} segments that {} sent then, {} {} lost or thrown away",
                     answers.sent, name, gone, gone == 1 ? "was" : "were");
}

/// The segment whose retransmission a firing ended: the last with octets that the end had sent.
const Event* last_sent(const Scene& scene, End from, std::uint64_t before) {
  const Event* last = nullptr;
  for (const Event* each : scene.sends()) {
    if (each->n >= before) break;
    const auto& send = std::get<Send>(each->what);
    if (send.src == from && scene.times_sent(*each) > 0) last = each;
  }
  return last;
}

/// "The last wait, of 4 s, ended, and no retry was left."
std::string last_wait(const Scene& scene, const Event& fired) {
  const auto& timer = std::get<TimerChange>(fired.what);
  return fmt::format("the last wait, of {}, ended, and {}", how_long(scene.waited(fired)),
                     no_more(scene.around(), scene.moment(timer.local, fired.n)));
}

/// Names of hosts stay as they are.
std::string capitalized(std::string text) {
  if (text.starts_with("none of ")) text.front() = 'N';
  if (text.starts_with("the ")) text.front() = 'T';
  return text;
}

/// "An RST came, and that ended the wait."
std::string why_wait_ended(const Send& segment) {
  std::string text = with_article(segment);
  text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + " came, and that ended the wait.";
}

std::string sentence(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text.empty() ? text : text + ".";
}

const TimerChange* fired_timer(const Scene& scene, const Event& outcome) {
  if (outcome.cause == 0) return nullptr;
  const auto* timer = std::get_if<TimerChange>(&scene.event(outcome.cause).what);
  return timer != nullptr && timer->action == tcp::TimerAction::fire ? timer : nullptr;
}

/// The segment whose arrival decided something; null where it was something else.
const Send* arrived(const Scene& scene, const Event& outcome) {
  if (outcome.cause == 0) return nullptr;
  const auto* received = std::get_if<Receive>(&scene.event(outcome.cause).what);
  if (received == nullptr) return nullptr;
  const Event* sent = scene.all().packet(received->id).sent;
  return sent == nullptr ? nullptr : &std::get<Send>(sent->what);
}

std::string why_retries_used_up(const Scene& scene, const Event& outcome, End end) {
  const Event& fired = scene.event(outcome.cause);
  const Event* last = last_sent(scene, end, outcome.n);
  if (last == nullptr) return sentence({last_wait(scene, fired)});
  const auto& repeated = std::get<Send>(last->what);
  const Event* first = nullptr;
  const Fates own = fates(scene, [&](const Event& event, const Send& send) {
    const bool same = send.src == end && send.segment.seq == repeated.segment.seq &&
                      scene.times_sent(event) > 0 && event.n < outcome.n && !send.forged;
    if (same && first == nullptr) first = &event;
    return same;
  });
  const bool all_lost = own.lost + own.discarded == own.sent;
  return sentence({sent_text(scene, end, spoken(repeated), own),
                   all_lost ? "" : "no answer that it could use came back",
                   all_lost || first == nullptr ? "" : lost_answers(scene, end, *first, outcome),
                   last_wait(scene, fired)});
}

std::string why_probes_unanswered(const Scene& scene, const Event& outcome, End end,
                                  tcp::SendReason probe) {
  const Event* heard = nullptr;  // the last segment that reached the end
  for (const Event* each : scene.sends()) {
    const auto& send = std::get<Send>(each->what);
    if (send.dst != end) continue;
    for (const Packet::Arrival& arrival : scene.all().packet(send.id).arrivals) {
      const bool later = heard == nullptr || arrival.received->n > heard->n;
      if (later && arrival.received->n < outcome.n) heard = arrival.received;
    }
  }
  const Fates probes = fates(scene, [&](const Event& event, const Send& send) {
    return send.src == end && !send.forged && send.why == probe &&
           (heard == nullptr || event.n > heard->n) && event.n < outcome.n;
  });
  const std::string what =
      probe == tcp::SendReason::keepalive ? "a keepalive probe" : "a window probe";
  const std::string silence = heard == nullptr
                                  ? ""
                                  : fmt::format("{} had not been heard from for {}",
                                                scene.names().name(scene.other(end).host),
                                                how_long(outcome.at - heard->at));
  if (probes.sent == 0) return sentence({silence});
  return sentence({sent_text(scene, end, what, probes), silence});
}

/// ": its listener had failed with EADDRINUSE at 2 s, without SO_REUSEADDR"
std::string why_nobody_listens(const Scene& scene, End end, std::uint64_t n) {
  if (scene.around().listens(end, n)) return "";
  const auto failed = scene.around().failed_listen(end, n);
  if (!failed) return "";
  const bool reuse = failed->error != Error::address_in_use || failed->reuses_address;
  return fmt::format(": who was to listen there had failed with {} at {}{}", name_of(failed->error),
                     how_long(failed->at - sim_start), reuse ? "" : ", without SO_REUSEADDR");
}

/// Why the peer sent the RST.
std::string why_reset(const Scene& scene, const Event& outcome, End end) {
  const Send* reset = arrived(scene, outcome);
  if (reset == nullptr) return "";
  if (reset->forged) {
    return fmt::format("The RST was forged: {} had not sent it, but its number fitted.",
                       scene.names().name(scene.other(end).host));
  }
  const Event& sent = *scene.all().packet(reset->id).sent;
  if (sent.cause == 0) return "";
  const std::string& sender = scene.names().name(reset->src.host);
  const Event& cause = scene.event(sent.cause);
  if (const auto* received = std::get_if<Receive>(&cause.what)) {
    const Packet& answered = scene.all().packet(received->id);
    if (answered.sent == nullptr) return "";
    const auto& question = std::get<Send>(answered.sent->what);
    const Event* discard = scene.all().discard_of(cause);
    const State state = scene.state(reset->src, cause.n);
    std::string since;
    if (discard != nullptr) {
      const auto& drop = std::get<trace::Drop>(discard->what);
      since = fmt::format(", since {}", reason_of(drop, question, state)) +
              why_nobody_listens(scene, reset->src, cause.n);
    } else if (state == State::syn_sent || state == State::syn_rcvd) {
      since = fmt::format(", since it acknowledged what {} had not sent", sender);
    }
    return fmt::format("{} answered the {} with RST{}.", sender, spoken(question), since);
  }
  if (const auto* call = std::get_if<AppCall>(&cause.what)) {
    return fmt::format("{} sent RST when its application {}.", sender, spoken(*call));
  }
  for (const Event* change : scene.changes_by(cause.n)) {
    const auto& gave_up = std::get<StateChange>(change->what);
    if (gave_up.local == reset->src && gave_up.to == State::closed) {
      return fmt::format("{} had given the connection up: {}.", sender, name_of(gave_up.why));
    }
  }
  return "";
}

std::string why_fin_wait_2_over(const Scene& scene, const Event& outcome, End end) {
  const End peer = scene.other(end);
  const std::string& name = scene.names().name(peer.host);
  const State theirs = scene.state(peer, outcome.n);
  const Fates fins = fates(scene, [&](const Event& event, const Send& send) {
    return send.src == peer && !send.forged && send.segment.flags.has(Flags::fin) &&
           event.n < outcome.n;
  });
  if (fins.sent > 0) return sentence({sent_text(scene, peer, "FIN", fins)});
  return fmt::format(
      "The FIN of {} never came: {} was in {} then{}.", name, scene.names().text(peer),
      tcp::name_of(theirs),
      theirs == State::close_wait ? ", for its application had not called close()" : "");
}

/// Where a few words say what a reason means: without the full stop.
std::string reason_in_words(const Scene& scene, const StateChange& change) {
  const std::string& host = scene.names().name(change.local.host);
  const std::string& peer = scene.names().name(scene.other(change.local).host);
  switch (change.why) {
    case StateReason::timeout:
      return change.from == State::time_wait
                 ? "Its time was over: no segment of the connection can still be on its way"
                 : "";
    case StateReason::fin_acknowledged:
      return change.from == State::last_ack
                 ? "Both sides had closed, and both FINs were acknowledged"
                 : "";
    case StateReason::close_with_unread_data:
      return fmt::format(
          "The application closed without reading all that {} had sent, so {} "
          "said with an RST that it is lost",
          peer, host);
    case StateReason::data_after_close:
      return "Data came after the application had closed: nobody was left to read it";
    case StateReason::too_many_orphans:
      return fmt::format("{} had more connections without an application than it may have", host);
    case StateReason::out_of_socket_memory:
      return fmt::format("The sockets of {} took more memory than they may", host);
    case StateReason::too_many_in_time_wait:
      return fmt::format("{} had as many sockets in TIME_WAIT as it may have", host);
    case StateReason::accept_queue_full:
      return "The handshake was complete, but the accept queue had no room for the connection";
    case StateReason::no_memory_for_socket:
      return fmt::format("The handshake was complete, but {} had no memory for another socket",
                         host);
    case StateReason::reboot:
      return fmt::format("{} was rebooted and forgot all its sockets", host);
    case StateReason::new_connection: return "A new connection took over its pair of ports";
    case StateReason::syn_in_window: return "A SYN came whose number lay in the window";
    case StateReason::listener_closed:
      return "The listener was closed before the handshake was complete";
    case StateReason::abort: return "The application threw the connection away";
    case StateReason::connect:
    case StateReason::listen:
    case StateReason::shutdown:
    case StateReason::close:
    case StateReason::syn_arrives:
    case StateReason::syn_ack_arrives:
    case StateReason::ack_arrives:
    case StateReason::cookie_arrives:
    case StateReason::fin_arrives:
    case StateReason::rst_arrives:
    case StateReason::ended_early:
    case StateReason::retries_used_up:
    case StateReason::keepalive_unanswered:
    case StateReason::window_probes_unanswered:
    case StateReason::half_of_fin_timeout_passed:
    case StateReason::fin_wait_2_timeout:
    case StateReason::tracepoint:
    case StateReason::sock_diag: break;
  }
  return "";
}

std::string why_ended(const Scene& scene, const Event& outcome, const StateChange& change) {
  const StateReason why = change.why;
  const End end = change.local;
  if (why == StateReason::retries_used_up && fired_timer(scene, outcome) != nullptr) {
    return why_retries_used_up(scene, outcome, end);
  }
  if (why == StateReason::keepalive_unanswered) {
    return why_probes_unanswered(scene, outcome, end, tcp::SendReason::keepalive);
  }
  if (why == StateReason::window_probes_unanswered) {
    return why_probes_unanswered(scene, outcome, end, tcp::SendReason::window_probe);
  }
  if (why == StateReason::rst_arrives) return why_reset(scene, outcome, end);
  const bool timed_out = why == StateReason::timeout || why == StateReason::fin_wait_2_timeout;
  if (timed_out && change.from == State::fin_wait_2) {
    return why_fin_wait_2_over(scene, outcome, end);
  }
  if (why == StateReason::ended_early) {
    const Send* segment = arrived(scene, outcome);
    return segment == nullptr ? "" : why_wait_ended(*segment);
  }
  return sentence({reason_in_words(scene, change)});
}

/// Of a pair in TIME-WAIT by a SYN of the peer's, or by a connect of the host's own.
std::string rule_of_takeover(const Scene& scene, const Event& cause, std::uint64_t n) {
  const auto* call = std::get_if<AppCall>(&cause.what);
  if (call == nullptr) return "RFC 9293, 3.6.1; RFC 6191";
  for (const Connection& each : scene.all().all()) {
    const app::Connector* program = each.call == &cause ? scene.around().connector(each) : nullptr;
    if (program != nullptr && program->from_port) return "RFC 6191";
  }
  return scene.around().settings(call->host, {"tcp_tw_reuse", "tcp_tw_reuse_delay"}, n) +
         "; RFC 6191";
}

std::string rule_ended(const Scene& scene, const Event& outcome, const StateChange& change) {
  const Moment moment = scene.moment(change.local, outcome.n);
  const TimerChange* timer = fired_timer(scene, outcome);
  if (change.why == StateReason::retries_used_up && timer != nullptr) {
    return retries_of(scene.around(), moment, timer->timer) + "; RFC 9293, 3.8.3";
  }
  if (change.why == StateReason::new_connection && outcome.cause != 0) {
    return rule_of_takeover(scene, scene.event(outcome.cause), outcome.n);
  }
  return rule_of_end(scene.around(), moment, change);
}

/// How many of what a host sent answered something forged.
std::uint64_t answers_to_forged(const Scene& scene, const Scene::Events& sends) {
  return static_cast<std::uint64_t>(
      std::count_if(sends.begin(), sends.end(), [&](const Event* each) {
        const Send* question = arrived(scene, *each);
        return question != nullptr && question->forged;
      }));
}

/// "client sent SYN twice, one of which was lost; server sent SYN ACK once."
std::string why_late(const Scene& scene) {
  const Connection& of = scene.connection();
  const auto sent_by = [&](End end, bool with_ack) {
    Scene::Events sends;
    for (const Event* each :
         scene.sends_between(of.call == nullptr ? 0 : of.call->n, of.result->n)) {
      const auto& send = std::get<Send>(each->what);
      if (send.src == end && !send.forged && is_syn(send, with_ack)) sends.push_back(each);
    }
    return sends;
  };
  const auto all = [](const Event&, const Send&) { return true; };
  const Scene::Events answering = sent_by(of.server, true);
  const Fates syns = fates(scene, sent_by(of.client, false), all);
  const Fates answers = fates(scene, answering, all);
  if (syns.sent <= 1 && answers.sent <= 1) return "";
  const std::uint64_t forged = answers_to_forged(scene, answering);
  return sentence({sent_text(scene, of.client, "SYN", syns),
                   answers.sent == 0 ? "" : sent_text(scene, of.server, "SYN ACK", answers),
                   forged == 0 ? ""
                               : fmt::format("{} of these answered a forged SYN",
                                             forged == 1 ? "one" : fmt::to_string(forged))});
}

/// ": client had 4 sockets in TIME_WAIT and 1 in ESTABLISHED then"
std::string sockets_then(const Scene& scene, std::uint64_t n) {
  const trace::HostId host = scene.connection().client.host;
  std::string text;
  for (std::size_t i = 0; i < tcp::state_count; ++i) {
    const auto state = static_cast<State>(i);
    const std::size_t number = state == State::closed ? 0 : scene.all().count(host, state, n);
    if (number == 0) continue;
    text += text.empty()
                ? fmt::format(": {} had {}", scene.names().name(host), counted(number, "socket"))
                : fmt::format(" and {}", number);
    text += fmt::format(" in {}", tcp::name_of(state));
  }
  return text.empty() ? text : text + " then";
}

/// For an end that thinks it has a connection, where the other one is gone.
std::string half_open_text(const Scene& scene, const Life& life) {
  const End peer = scene.other(life.local);
  const std::uint64_t after_all = scene.all().after_all();
  const State state = life.state();
  const bool synchronized = state != State::syn_sent && state != State::syn_rcvd;
  if (!synchronized || state == State::time_wait) return "";
  if (scene.state(peer, after_all) != State::closed) return "";
  return fmt::format("{} was CLOSED: the connection was half-open", scene.names().text(peer));
}

/// For an end that waits for the acknowledgment of its SYN or FIN.
std::string unanswered_text(const Scene& scene, const Life& life) {
  const State state = life.state();
  const bool opening = state == State::syn_sent || state == State::syn_rcvd;
  const bool waits =
      opening || state == State::fin_wait_1 || state == State::closing || state == State::last_ack;
  const std::uint64_t after_all = scene.all().after_all();
  const Event* last = waits ? last_sent(scene, life.local, after_all) : nullptr;
  if (last == nullptr) return "";
  const auto& repeated = std::get<Send>(last->what);
  const Fates own = fates(scene, [&](const Event& event, const Send& send) {
    return send.src == life.local && send.segment.seq == repeated.segment.seq && !send.forged &&
           scene.times_sent(event) > 0;
  });
  return sent_text(scene, life.local, spoken(repeated), own);
}

/// For an end of a host without power.
std::string power_text(const Scene& scene, End end) {
  const auto since = scene.around().off_since(end.host, scene.all().after_all());
  return since ? fmt::format("the host {} was switched off at {}", scene.names().name(end.host),
                             how_long(*since - sim_start))
               : "";
}

std::string what_was_to_come(const Scene& scene, End end) {
  if (const auto timer = scene.running(end)) {
    std::string name = name_of_timer(timer->first, FiredFor::other);
    name.front() = 't';
    return fmt::format("{} was to run out at {}", name, how_long(timer->second - sim_start));
  }
  const bool over = scene.all().recording().ended() < scene.around().stop_at();
  return over ? "none of its timers was running, and nothing was left to happen: it would stay so "
                "for ever"
              : "none of its timers was running";
}

std::string why_no_address(const Scene& scene) {
  const Connection& of = scene.connection();
  const app::Connector* program = scene.around().connector(of);
  const bool own_port = program != nullptr && program->from_port;
  return own_port ? "The port that it asks for still had a connection to the same server."
                  : fmt::format("No port was free for it{}.", sockets_then(scene, of.result->n));
}

/// Why a call failed without a segment on the wire.
std::string why_refused(const Scene& scene, Error error) {
  const std::string& host = scene.names().name(scene.connection().client.host);
  switch (error) {
    case Error::address_not_available: return why_no_address(scene);
    case Error::address_in_use: return "The port that it asks for was in use.";
    case Error::too_many_files: return "The application had no file descriptor left.";
    case Error::file_table_overflow: return fmt::format("{} had no file descriptor left.", host);
    case Error::no_buffer_space: return fmt::format("{} had no memory for another socket.", host);
    case Error::none:
    case Error::would_block:
    case Error::already_connected:
    case Error::connection_aborted:
    case Error::connection_refused:
    case Error::connection_reset:
    case Error::host_unreachable:
    case Error::network_unreachable:
    case Error::invalid_argument:
    case Error::not_connected:
    case Error::broken_pipe:
    case Error::timed_out:
    case Error::bad_descriptor:
    case Error::option_not_supported: break;
  }
  return "";
}

Verdict verdict_on_refused_call(const Scene& scene, std::string outcome) {
  const Connection& of = scene.connection();
  const Error error = of.error();
  const std::uint64_t n = of.result->n;
  return {std::move(outcome), why_refused(scene, error),
          rule_of_error(scene.around(), of, error, n)};
}

}  // namespace

Verdict verdict_on_connect(const Scene& scene) {
  const Connection& of = scene.connection();
  const std::string& host = scene.names().name(of.client.host);
  const SimDuration took = of.call == nullptr ? SimDuration{} : of.result->at - of.call->at;
  const std::string after =
      took == SimDuration{} ? "at once" : fmt::format("after {}", how_long(took));
  if (of.connected()) {
    return {fmt::format("connect() of {} succeeded {}.", host, after), why_late(scene),
            rule_of_handshake(scene.around(), of.client)};
  }
  std::string outcome =
      fmt::format("{}() of {} failed with {} {}.", name_of(failing_call(of.error())), host,
                  name_of(of.error()), after);
  for (const std::size_t life : of.lives) {
    const Event& last = *scene.all().life(life).changes.back();
    const auto& change = std::get<StateChange>(last.what);
    if (change.local == of.client && change.to == State::closed) {
      return {std::move(outcome), why_ended(scene, last, change), rule_ended(scene, last, change)};
    }
  }
  return verdict_on_refused_call(scene, std::move(outcome));
}

Verdict verdict_on_end(const Scene& scene, const Life& life) {
  const Event& last = *life.changes.back();
  const auto& change = std::get<StateChange>(last.what);
  return {fmt::format("{} went from {} to CLOSED: {}.", scene.names().text(life.local),
                      tcp::name_of(change.from), tcp::name_of(change.why)),
          why_ended(scene, last, change), rule_ended(scene, last, change)};
}

Verdict verdict_on_open_end(const Scene& scene, const Life& life) {
  const SimTime end = scene.all().recording().ended();
  Verdict verdict;
  verdict.outcome = fmt::format("{} was still {} when the run ended, and had been so for {}.",
                                scene.names().text(life.local), tcp::name_of(life.state()),
                                how_long(end - life.changes.back()->at));
  const std::string off = power_text(scene, life.local);
  if (!off.empty()) {
    verdict.why = capitalized(sentence({off}));
    return verdict;
  }
  const bool unclosed = life.state() == State::close_wait;
  const std::string half_open = half_open_text(scene, life);
  if (unclosed) verdict.rule = "RFC 9293, 3.6";
  if (!half_open.empty()) add_rule(verdict.rule, "RFC 9293, 3.5.1");
  verdict.why =
      capitalized(sentence({unclosed ? fmt::format("the application of {} had not called close()",
                                                   scene.names().name(life.local.host))
                                     : "",
                            power_text(scene, scene.other(life.local)), half_open,
                            unanswered_text(scene, life), what_was_to_come(scene, life.local)}));
  return verdict;
}

}  // namespace lastack::explain
