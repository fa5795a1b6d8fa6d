// The summary for people.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "describe.hpp"
#include "lastack/run/summary.hpp"

namespace lastack::run {

namespace {

/// More connections than these are summed up rather than listed.
constexpr std::size_t listed_connections = 6;
constexpr std::size_t label_width = 12;
/// Of more hosts and groups than these the counters are added up.
constexpr std::size_t counted_hosts = 8;

/// Lines of a label and items that follow each other as long as there is room.
class Page {
 public:
  explicit Page(int columns) : columns_{static_cast<std::size_t>(std::max(columns, 40))} {}

  void line(std::string_view label, const std::vector<std::string>& items) {
    if (items.empty()) return;
    std::string row = fmt::format("{:<{}}", label, label_width);
    bool first = true;
    for (const std::string& item : items) {
      if (!first && width(row) + 2 + width(item) + 1 > columns_) {  // and a comma
        text_ += row + ",\n";
        row = std::string(label_width, ' ');
        first = true;
      }
      row += (first ? "" : ", ") + item;
      first = false;
    }
    text_ += row + "\n";
  }

  const std::string& text() const { return text_; }

 private:
  static std::size_t width(std::string_view text) { return text.size(); }  // all is ASCII

  std::size_t columns_;
  std::string text_;
};

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// 1234567 as "1 234 567".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> units{"bytes", "kB", "MB", "GB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 10'000 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.5g} {}", value, units[unit]);
}

std::string_view words_for(CutOff cut_off) {
  switch (cut_off) {
    case CutOff::no: return "still connecting";
    case CutOff::rebooted: return "cut off by a reboot";
    case CutOff::closed: return "closed while connecting";
  }
  return "";
}

std::vector<std::string> connection_items(const ConnectionSummary& c) {
  std::vector<std::string> items;
  const std::string time = c.connect_time ? rounded(*c.connect_time) : "";
  if (c.result == tcp::Error::none) {
    items.push_back("connected in " + time);
  } else if (c.result == tcp::Error::would_block) {
    items.emplace_back(words_for(c.cut_off));
  } else if (c.connect_time == SimDuration{0}) {
    items.push_back(fmt::format("{} at once", tcp::name_of(c.result)));
  } else {
    items.push_back(fmt::format("{} after {}", tcp::name_of(c.result), time));
  }
  if (c.close_time) items.push_back("closed in " + rounded(*c.close_time));
  if (c.retransmissions > 0) {
    items.push_back(plural(c.retransmissions, "retransmission", "retransmissions"));
  }
  const bool gone =
      c.final_state == tcp::State::closed && c.final_state_remote == tcp::State::closed;
  if (!gone) {
    items.push_back(fmt::format("left {} / {}", tcp::name_of(c.final_state),
                                tcp::name_of(c.final_state_remote)));
  }
  return items;
}

void list_connections(const Summary& s, Page& page) {
  for (const ConnectionSummary& c : s.connections) {
    std::vector<std::string> items = connection_items(c);
    const std::string ends =
        fmt::format("{} > {}", c.local.empty() ? c.host + ":?" : c.local, c.remote);
    items.front() = ends + "  " + items.front();
    page.line(c.who, items);
  }
}

/// "20 ms (median; 18 to 40 ms)". Requires that there are times.
std::string spread_text(const TimeDistribution& times) {
  constexpr std::uint32_t half = 500;  // per mille
  const std::string median = rounded(*times.time_at(half));
  if (times.bins().size() == 1) return median;
  return fmt::format("{} (median; {} to {})", median, rounded(times.bins().begin()->second.longest),
                     rounded(times.bins().rbegin()->second.longest));
}

void sum_up_connections(const Summary& s, Page& page) {
  std::vector<std::string> items{
      fmt::format("{} of {} connects succeeded", grouped(s.connects_ok), grouped(s.connects))};
  for (const auto& [error, count] : s.connect_errors) {
    items.push_back(fmt::format("{} {}", grouped(count), error));
  }
  if (s.connect_times.count() > 0) {
    items.push_back("connected in " + spread_text(s.connect_times));
  }
  TimeDistribution closing;
  for (const ConnectionSummary& c : s.connections) {
    if (c.close_time) closing.add(*c.close_time);
  }
  if (closing.count() > 0) items.push_back("closed in " + spread_text(closing));
  page.line("connections", items);
}

using Counts = std::map<std::string, std::uint64_t>;

/// "7 lost (5 loss", "2 queue)": items, so that a line may end between them. Nothing for 0.
void add_with_reasons(std::uint64_t total, std::string_view what, const Counts& reasons,
                      std::vector<std::string>& items) {
  if (total == 0) return;
  std::string opening = fmt::format("{} {} (", grouped(total), what);
  if (reasons.size() == 1) {
    items.push_back(fmt::format("{}{})", opening, reasons.begin()->first));
    return;
  }
  for (const auto& [reason, count] : reasons) {
    items.push_back(fmt::format("{}{} {}", opening, grouped(count), reason));
    opening.clear();
  }
  items.back() += ")";
}

void segments(const Summary& s, Page& page) {
  std::vector<std::string> items{fmt::format("{} sent", grouped(s.segments_sent))};
  add_with_reasons(s.segments_lost, "lost", s.lost_by_reason, items);
  add_with_reasons(s.segments_discarded, "discarded", s.discarded_by_reason, items);
  add_with_reasons(s.segments_retransmitted, "retransmitted", s.retransmitted_by_cause, items);
  if (s.bytes_delivered > 0) items.push_back(bytes_text(s.bytes_delivered) + " delivered");
  page.line("segments", items);
  if (s.datagrams_sent > 0) {
    page.line("datagrams", {fmt::format("{} sent", grouped(s.datagrams_sent)),
                            fmt::format("{} received", grouped(s.datagrams_received))});
  }
}

/// Times in the order of the states' names in RFC 9293, LISTEN left out: it says nothing.
void times(const Summary& s, Page& page) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < tcp::state_count; ++i) {
    const auto state = static_cast<tcp::State>(i);
    const auto found = s.time_in.find(std::string{tcp::name_of(state)});
    if (state == tcp::State::listen || found == s.time_in.end()) continue;
    items.push_back(fmt::format("{} {}", found->first, rounded_seconds(found->second)));
  }
  page.line("time in", items);
}

void queues(const Summary& s, Page& page) {
  std::vector<std::string> items;
  if (s.listen_overflows > 0) {
    items.push_back(plural(s.listen_overflows, "accept queue overflow", "accept queue overflows"));
  }
  if (s.listen_drops > 0) {
    items.push_back(plural(s.listen_drops, "SYN or ACK dropped by a listener",
                           "SYNs and ACKs dropped by listeners"));
  }
  for (const auto& [error, count] : s.accept_errors) {
    items.push_back(plural(count, "accept failed with", "accepts failed with") + " " + error);
  }
  if (s.syn_cookies_sent > 0) {
    items.push_back(plural(s.syn_cookies_sent, "SYN cookie sent", "SYN cookies sent"));
  }
  page.line("queues", items);
}

/// "recv ECONNRESET 2": the calls that failed.
std::vector<std::string> failed_calls(const Summary& s) {
  std::vector<std::string> calls;
  for (const auto& [error, count] : s.recv_errors) {
    calls.push_back(fmt::format("recv {} {}", error, grouped(count)));
  }
  for (const auto& [error, count] : s.send_errors) {
    calls.push_back(fmt::format("send {} {}", error, grouped(count)));
  }
  return calls;
}

/// What went wrong after connects had succeeded; nothing where nothing did.
void failures(const Summary& s, Page& page) {
  std::vector<std::string> items = failed_calls(s);
  std::string told = items.empty() ? "" : "calls failed";
  if (s.connections_failed == 1) told = "1 connection failed after it was connected";
  if (s.connections_failed > 1) {
    told = grouped(s.connections_failed) + " connections failed after they were connected";
  }
  if (items.empty() && !told.empty()) items.emplace_back();
  if (!items.empty()) items.front() = told + (items.front().empty() ? "" : ": ") + items.front();
  if (s.connections_reset > 0) {
    items.push_back(plural(s.connections_reset, "connection reset", "connections reset"));
  }
  if (s.half_open_at_end > 0) {
    items.push_back(plural(s.half_open_at_end, "socket", "sockets") + " half-open at the end");
  }
  page.line("failures", items);
}

void requests(const Summary& s, Page& page) {
  if (s.requests == 0) return;
  std::string answered =
      fmt::format("{} of {} answered", grouped(s.requests_ok), grouped(s.requests));
  if (s.request_times.count() > 0) answered += " in " + spread_text(s.request_times);
  page.line("requests", {answered});
}

void orphans(const Summary& s, Page& page) {
  TimeDistribution times;
  for (const ConnectionSummary& c : s.connections) {
    if (c.orphan_time) times.add(*c.orphan_time);
    if (c.orphan_time_remote) times.add(*c.orphan_time_remote);
  }
  if (times.count() == 0) return;
  page.line("orphans",
            {fmt::format("{} ended after {}", grouped(times.count()), spread_text(times))});
}

/// A host's counters, or those of a group's members together.
struct Counted {
  std::string name;
  Counts counters;

  void add(const Counts& more) {
    for (const auto& [counter, value] : more) counters[counter] += value;
  }
};

/// By host, members of a group ("clients[17]") as one; where these are too many, all together.
std::vector<Counted> counted(const Summary& s) {
  std::vector<Counted> all;
  Counted together{fmt::format("all {} hosts", grouped(s.hosts.size())), {}};
  for (const HostSummary& host : s.hosts) {
    const std::string name = host.name.substr(0, host.name.find('['));
    if (all.size() <= counted_hosts && (all.empty() || all.back().name != name)) {
      all.push_back({name, {}});
    }
    all.back().add(host.counters);
    together.add(host.counters);
  }
  if (all.size() > counted_hosts) return {together};
  return all;
}

/// What `nstat -az` would show on each host, without zeros, in its order.
void counters(const Summary& s, Page& page) {
  std::string_view label = "counters";
  for (const Counted& host : counted(s)) {
    std::vector<std::string> items;
    for (const tcp::CounterInfo& info : tcp::counter_infos()) {
      const auto found = host.counters.find(std::string{info.name});
      if (found == host.counters.end()) continue;
      items.push_back(fmt::format("{} {}", info.name, grouped(found->second)));
    }
    if (items.empty()) continue;
    items.front() = host.name + ": " + items.front();
    page.line(label, items);
    label = "";
  }
}

}  // namespace

std::string to_text(const Summary& summary, int columns) {
  Page page{columns};
  if (summary.connections.size() <= listed_connections) {
    list_connections(summary, page);
  } else {
    sum_up_connections(summary, page);
  }
  failures(summary, page);
  requests(summary, page);
  segments(summary, page);
  times(summary, page);
  orphans(summary, page);
  queues(summary, page);
  counters(summary, page);
  page.line("run", {fmt::format("{} simulated", rounded_seconds(summary.simulated_seconds)),
                    grouped(summary.events) + (summary.events == 1 ? " event" : " events"),
                    fmt::format("seed {}", summary.seed)});
  return page.text();
}

}  // namespace lastack::run
