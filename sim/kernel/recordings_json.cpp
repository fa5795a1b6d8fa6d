// Runs in the form of tests/oracle/traces, where numbers are relative to the initial sequence
// number they follow.
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lastack/kernel/lab.hpp"
#include "machine.hpp"

namespace lastack::kernel {

namespace {

using Json = nlohmann::ordered_json;

constexpr double wire_digits = 1e6;
constexpr double table_digits = 1e4;

double seconds(SimTime at, double digits) {
  return std::round(to_seconds(at - sim_start) * digits) / digits;
}

/// Initial sequence numbers by end: the first has no label, the next are "#2" and so on, forged
/// ones "old".
class Labels {
 public:
  using End = std::tuple<trace::HostId, tcp::Port, trace::HostId, tcp::Port>;
  enum class Origin { sent, forged };

  void learn(const End& end, tcp::Seq seq, Origin origin) {
    auto& known = known_[end];
    std::size_t sent = 0;
    for (const auto& [number, label] : known) {
      if (number == seq) return;
      if (label != "old") ++sent;
    }
    std::string label;
    if (origin == Origin::forged) {
      label = "old";
    } else if (sent > 0) {
      label = "#" + std::to_string(sent + 1);
    }
    known.emplace_back(seq, label);
  }

  /// The number relative to the initial one that it follows most closely.
  Json relative(const End& end, tcp::Seq seq) const {
    const auto found = known_.find(end);
    std::uint32_t nearest = std::numeric_limits<std::uint32_t>::max();
    std::string label;
    if (found != known_.end()) {
      for (const auto& [number, name] : found->second) {
        if (std::tie(nearest, label) <= std::make_tuple(seq - number, name)) continue;
        nearest = seq - number;
        label = name;
      }
    }
    constexpr std::uint32_t far = 1U << 30U;
    if (nearest > far) return "abs:" + std::to_string(seq.raw());
    if (label.empty()) return nearest;
    return label + "+" + std::to_string(nearest);
  }

 private:
  std::map<End, std::vector<std::pair<tcp::Seq, std::string>>> known_;
};

Json result_of(const trace::AppCall& call) {
  if (const auto* number = std::get_if<std::uint64_t>(&call.result)) return *number;
  if (std::holds_alternative<std::monostate>(call.result)) return nullptr;
  return text_of(call.result);
}

Json state_of(const std::optional<tcp::State>& state) {
  if (!state) return nullptr;
  return std::string{tcp::name_of(*state)};
}

/// A number as the scenario has it: absolute, or "iss+1".
Json given(const scenario::SeqRef& ref) {
  if (!ref.relative) return ref.value;
  return "iss" + (ref.value < 0 ? std::to_string(ref.value) : "+" + std::to_string(ref.value));
}

/// Turns one run into its recording.
class Writer {
 public:
  Writer(const scenario::Scenario& scenario, const KernelRun& run)
      : scenario_{scenario},
        run_{run} {}

  Json write() {
    for (const trace::Event& event : run_.trace->events()) {
      std::visit([&](const auto& what) { put(event.at, what); }, event.what);
    }
    Json recording;
    recording["scenario"] = std::filesystem::path{scenario_.file}.filename().string();
    recording["kernel"] = kernel_release();
    recording["hz"] = kernel_hz();
    recording["lag"] = seconds(sim_start + run_.lateness.worst(), table_digits);
    recording["wire"] = std::move(wire_);
    recording["state"] = changes(run_.tracepoints, wire_digits);
    recording["app"] = std::move(app_);
    recording["diag"] = changes(run_.table, table_digits);
    return recording;
  }

 private:
  const std::string& name(trace::HostId host) const { return run_.trace->names().name(host); }

  /// With two hosts the other end's is not said.
  bool several_peers() const { return run_.trace->names().host_count > 2; }

  void put(SimTime at, const trace::Send& send) {
    const Labels::End own{send.src.host, send.src.port, send.dst.host, send.dst.port};
    const Labels::End peer{send.dst.host, send.dst.port, send.src.host, send.src.port};
    Json row;
    row["t"] = seconds(at, wire_digits);
    row["from"] = name(send.src.host);
    if (several_peers()) row["to"] = name(send.dst.host);
    row["flags"] = send.segment.flags.text();
    row["len"] = send.segment.data;
    row["win"] = send.segment.wnd;
    row["sport"] = send.src.port;
    row["dport"] = send.dst.port;
    if (send.forged) {
      put_forged(send, own, row);
    } else {
      put_sent(send.segment, own, peer, row);
    }
    row["fate"] = "delivered";
    places_[send.id] = wire_.size();
    wire_.push_back(std::move(row));
  }

  void put_forged(const trace::Send& send, const Labels::End& own, Json& row) {
    const scenario::Injection& injection = scenario_.injections[run_.injections[forged_++]];
    row["injected"] = true;
    row["seq"] = given(injection.seq);
    row["ack"] = injection.flags.has(tcp::Flags::ack) ? given(injection.ack) : Json{nullptr};
    if (send.segment.flags.has(tcp::Flags::syn) && !injection.seq.relative) {
      labels_.learn(own, send.segment.seq, Labels::Origin::forged);
    }
  }

  void put_sent(const tcp::Segment& segment, const Labels::End& own, const Labels::End& peer,
                Json& row) {
    if (segment.flags.has(tcp::Flags::syn)) {
      labels_.learn(own, segment.seq, Labels::Origin::sent);
    }
    row["seq"] = labels_.relative(own, segment.seq);
    if (segment.flags.has(tcp::Flags::ack)) row["ack"] = labels_.relative(peer, segment.ack);
    const tcp::Options& options = segment.options;
    row["ts"] = options.has_timestamps;
    Json out = Json::object();
    if (options.mss != 0) out["mss"] = options.mss;
    if (options.sack_permitted) out["sack_permitted"] = true;
    if (options.has_window_scale) out["wscale"] = options.window_scale;
    for (std::size_t i = 0; i < options.sack_count; ++i) {
      const tcp::SackBlock& block = options.sack[i];
      out["sack"].push_back(
          Json::array({labels_.relative(peer, block.left), labels_.relative(peer, block.right)}));
    }
    row["options"] = std::move(out);
  }

  void put(SimTime, const trace::Drop& drop) {
    if (drop.place == trace::DropPlace::wire) set_fate(drop.id, "dropped");
  }
  void put(SimTime, const trace::Delay& delay) { set_fate(delay.id, "delayed"); }
  void put(SimTime, const trace::Duplicate& copy) { set_fate(copy.id, "duplicated"); }
  void set_fate(std::uint64_t id, const char* fate) { wire_[places_.at(id)]["fate"] = fate; }

  void put(SimTime at, const trace::AppCall& call) {
    app_.push_back({{"t", seconds(at, wire_digits)},
                    {"host", name(call.host)},
                    {"who", text_of(call.who)},
                    {"call", name_of(call.call)},
                    {"result", result_of(call)}});
  }

  // A recording has states as the kernel showed them, and no arrivals or timers.
  void put(SimTime, const trace::Receive&) {}
  void put(SimTime, const trace::StateChange&) {}
  void put(SimTime, const trace::TimerChange&) {}

  Json changes(const std::vector<SocketChange>& rows, double digits) const {
    Json out = Json::array();
    for (const SocketChange& row : rows) {
      Json line = {{"t", seconds(row.at, digits)},
                   {"host", name(row.host)},
                   {"sport", row.local},
                   {"dport", row.remote}};
      if (several_peers() && row.remote != 0) line["peer"] = name(row.peer);
      line["was"] = state_of(row.was);
      line["state"] = state_of(row.now);
      out.push_back(std::move(line));
    }
    return out;
  }

  const scenario::Scenario& scenario_;
  const KernelRun& run_;
  Labels labels_;
  Json wire_ = Json::array();
  Json app_ = Json::array();
  std::map<std::uint64_t, std::size_t> places_;  ///< in wire_, by segment
  std::size_t forged_ = 0;
};

}  // namespace

std::string recordings_json(const scenario::Scenario& scenario, std::span<const KernelRun> runs) {
  Json recordings = Json::array();
  for (const KernelRun& run : runs) recordings.push_back(Writer{scenario, run}.write());
  return Json{{"recordings", std::move(recordings)}}.dump() + "\n";
}

}  // namespace lastack::kernel
