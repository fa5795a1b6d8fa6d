#include "fixed_numbers.hpp"

#include <algorithm>

namespace lastack::kernel {

namespace {

/// What a kernel adds to the last number of a connection in TIME_WAIT whose ports a SYN takes over
/// (RFC 1122, 4.2.2.13).
constexpr std::uint32_t after_time_wait = 65535 + 2;

/// How far, in either direction: a forged segment may have a number that lies before its ISN.
std::uint32_t apart(tcp::Seq a, tcp::Seq b) { return std::min(a - b, b - a); }

/// Which of a connector's connections has this port; nothing: none.
std::optional<std::uint64_t> number_of(const app::Connector& connector, tcp::Port port) {
  const std::uint64_t first = *connector.from_port;
  if (port < first || port >= first + connector.count) return std::nullopt;
  return port - first;
}

SimTime start_of(const app::Connector& connector, std::uint64_t number) {
  return connector.at + connector.every * static_cast<std::int64_t>(number);
}

}  // namespace

std::uint32_t FixedNumbers::on_sent(SimTime now, const WireEnd& end, const tcp::Segment& segment) {
  Past& past = past_[end];
  // An answer to what belongs to no connection has no number of its own (RFC 9293, 3.10.7.1).
  const bool numberless = segment.flags.has(tcp::Flags::rst) &&
                          segment.flags.has(tcp::Flags::ack) && segment.seq == tcp::Seq{};
  if (numberless) return 0;
  const auto is_this = [&](const Known& known) { return known.own == segment.seq; };
  if (segment.flags.has(tcp::Flags::syn) &&
      std::none_of(past.known.begin(), past.known.end(), is_this)) {
    const auto number = wanted(now, end, segment, past);
    past.known.push_back({segment.seq, number.value_or(segment.seq)});
  }
  if (past.known.empty()) return 0;
  const bool first = segment.seq == past.known.back().own && segment.flags.has(tcp::Flags::syn);
  if (first || tcp::before(past.next, segment.end())) past.next = segment.end();
  const auto nearest =
      std::min_element(past.known.rbegin(), past.known.rend(), [&](const Known& a, const Known& b) {
        return apart(segment.seq, a.own) < apart(segment.seq, b.own);
      });
  return nearest->wire - nearest->own;
}

std::uint32_t FixedNumbers::raised(const WireEnd& end, tcp::Seq on_the_wire) const {
  const auto found = past_.find(end);
  if (found == past_.end() || found->second.known.empty()) return 0;
  const std::vector<Known>& known = found->second.known;
  const auto nearest =
      std::min_element(known.rbegin(), known.rend(), [&](const Known& a, const Known& b) {
        return apart(on_the_wire, a.wire) < apart(on_the_wire, b.wire);
      });
  return nearest->wire - nearest->own;
}

std::optional<tcp::Seq> FixedNumbers::wanted(SimTime now, const WireEnd& end,
                                             const tcp::Segment& syn, const Past& past) {
  if (!syn.flags.has(tcp::Flags::ack)) return of_connector(now, end);
  return of_listener(now, end, syn, past);
}

/// Of several connections with the same ends, the one that began last.
std::optional<tcp::Seq> FixedNumbers::of_connector(SimTime now, const WireEnd& end) {
  const auto& [host, port, peer, peer_port] = end;
  std::optional<tcp::Seq> number;
  SimTime began = sim_start - 1ns;
  const app::Connector* chooses = nullptr;
  for (const app::Connector& connector : scenario_.connectors) {
    if (connector.host != host || connector.to != peer || connector.to_port != peer_port) continue;
    if (!connector.from_port) {
      if (chooses == nullptr && connected_[&connector] < connector.count) chooses = &connector;
      continue;
    }
    const auto nth = number_of(connector, port);
    if (!nth || start_of(connector, *nth) > now || start_of(connector, *nth) < began) continue;
    began = start_of(connector, *nth);
    number = connector.iss.of(*nth);
  }
  if (began >= sim_start || chooses == nullptr) return number;
  return chooses->iss.of(connected_[chooses]++);
}

/// The listener that began to listen last. A list counts for each connection; one number for all
/// does not where the SYN takes over ports in TIME_WAIT: there the kernel's choice must lie behind
/// the old connection's numbers, and follows them on the wire, too.
std::optional<tcp::Seq> FixedNumbers::of_listener(SimTime now, const WireEnd& end,
                                                  const tcp::Segment& syn, const Past& past) {
  const auto& [host, port, peer, peer_port] = end;
  const app::Listener* latest = nullptr;
  for (const app::Listener& listener : scenario_.listeners) {
    if (listener.host != host || listener.port != port || listener.listen_at > now) continue;
    if (latest == nullptr || listener.listen_at >= latest->listen_at) latest = &listener;
  }
  if (latest == nullptr) return std::nullopt;
  const std::uint64_t number = accepted_[latest]++;
  if (const auto listed = latest->iss.listed(number)) return *listed;
  const bool takes_over = !past.known.empty() && syn.seq == past.next + after_time_wait;
  if (takes_over) return syn.seq + (past.known.back().wire - past.known.back().own);
  return latest->iss.of(number);
}

}  // namespace lastack::kernel
