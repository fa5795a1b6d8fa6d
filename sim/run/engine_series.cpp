// The run as a time series. Nothing here is an event: samples are taken between two.
#include <algorithm>
#include <numeric>

#include "engine.hpp"

namespace lastack::run {

void Simulation::Impl::record_series(Series& series) {
  series_ = &series;
  series_due_ = series.due();
  for (const app::Listener& listener : scenario_.listeners) {
    if (servers_.empty() || servers_.back() != listener.host) servers_.push_back(listener.host);
  }
  std::sort(servers_.begin(), servers_.end());
  servers_.erase(std::unique(servers_.begin(), servers_.end()), servers_.end());
}

/// As `handle`, where samples are due: what came before the event's instant is over. An entry that
/// has gone stale does not end anything, for nothing may follow it.
bool Simulation::Impl::handle_sampled(Event event) {
  const SeriesSample before = sample();
  if (!handle(event)) return false;
  series_->add_before(now(), before);
  series_due_ = series_->due();
  return true;
}

SeriesSample Simulation::Impl::sample() const {
  SeriesSample sample;
  sample.sockets = sockets_.current;
  sample.packets_in_flight = network_.in_flight();
  sample.connects = tally_.connects;
  sample.connects_ok = tally_.connects_ok;
  sample.connects_failed =
      std::accumulate(tally_.connect_errors.begin(), tally_.connect_errors.end(), std::uint64_t{0});
  sample.accepts = tally_.accepts;
  sample.segments_sent = tally_.segments_sent;
  sample.segments_lost = tally_.lost.total();
  sample.segments_discarded = tally_.discarded.total();
  sample.segments_retransmitted =
      std::accumulate(tally_.retransmitted.begin(), tally_.retransmitted.end(), std::uint64_t{0});
  sample.resets_sent = tally_.by_kind[static_cast<std::size_t>(SegmentKind::rst)];
  sample.bytes_read = tally_.bytes_read;
  sample.events = tally_.events;
  for (const HostIndex host : servers_) add_listeners(host, sample);
  return sample;
}

void Simulation::Impl::add_listeners(HostIndex host, SeriesSample& sample) const {
  const tcp::ListenQueues queues = stacks_[host].listen_queues();
  sample.syn_queue += queues.requests;
  sample.accept_queue += queues.connections;
  const auto add = [&sample](const tcp::Counters& counters) {
    sample.listen_overflows += counters.ListenOverflows;
    sample.listen_drops += counters.ListenDrops;
    sample.syncookies_sent += counters.SyncookiesSent;
  };
  add(stacks_[host].counters());
  if (lives_[host].past) add(lives_[host].past->counters);
}

}  // namespace lastack::run
