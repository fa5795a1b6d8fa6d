#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "lastack/event/event.hpp"

namespace lastack::run {

/// Numbers the events of a trace and shows them to the sinks. Ask `active` before building an
/// event: without sinks there is no trace and it costs nothing.
class Recorder {
 public:
  /// The sinks must outlive the recorder.
  explicit Recorder(std::vector<trace::Sink*> sinks) : sinks_{std::move(sinks)} {}

  bool active() const { return !sinks_.empty(); }

  void begin(const trace::Names& names);
  /// Returns the event's number, from 1. Requires active(), a time not before the last event's, and
  /// a cause that came before, or 0.
  std::uint64_t record(SimTime at, std::uint64_t cause, trace::What what);
  void end(SimTime at);
  std::uint64_t count() const { return count_; }  ///< events so far

  /// Records a timer's change. One that fires is caused by the event that armed it last.
  std::uint64_t record_timer(SimTime at, std::uint64_t cause, const trace::TimerChange& change);

 private:
  /// A timer of one connection: host, ports and peer.
  struct TimerKey {
    std::uint64_t hosts;
    std::uint32_t ports;
    tcp::Timer timer;

    friend bool operator==(const TimerKey&, const TimerKey&) = default;
    friend std::size_t hash_value(const TimerKey& key) {
      std::size_t hash = 0;
      boost::hash_combine(hash, key.hosts);
      boost::hash_combine(hash, key.ports);
      boost::hash_combine(hash, static_cast<unsigned>(key.timer));
      return hash;
    }
  };

  std::vector<trace::Sink*> sinks_;
  std::uint64_t count_ = 0;
  SimTime last_ = sim_start;  ///< of the last event
  boost::unordered_flat_map<TimerKey, std::uint64_t> armed_by_;
};

}  // namespace lastack::run
