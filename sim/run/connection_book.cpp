#include "connection_book.hpp"

#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// Whether nothing is left to do for a connection in this state but to wait.
bool is_finished(tcp::State state) {
  return state == tcp::State::time_wait || state == tcp::State::closed;
}

}  // namespace

std::optional<SimDuration> ConnectionBook::Record::connect_time() const {
  if (result != tcp::Error::none) return std::nullopt;
  return decided - started;
}

std::optional<SimDuration> ConnectionBook::Record::close_time() const {
  if (gone == never) return std::nullopt;
  return gone - first_fin;
}

std::optional<SimDuration> ConnectionBook::Record::active_close_time() const {
  if (active_finished == never) return std::nullopt;
  return active_finished - first_fin;
}

std::optional<SimDuration> ConnectionBook::Record::orphan_time(const End& end) {
  if (end.finished == never) return std::nullopt;
  return end.finished - end.orphaned;
}

void ConnectionBook::Times::add(const Record& record) {
  const auto take = [](TimeDistribution& times, const std::optional<SimDuration>& time) {
    if (time) times.add(*time);
  };
  take(connect, record.connect_time());
  take(close, record.close_time());
  take(active_close, record.active_close_time());
  take(orphan, Record::orphan_time(record.local_end));
  take(orphan, Record::orphan_time(record.remote_end));
}

ConnectionBook::Times ConnectionBook::times() const {
  Times times = over_;
  for (const Record& record : records_) {
    if (!record.over) times.add(record);
  }
  return times;
}

ConnectionBook::RecordIndex ConnectionBook::new_place() {
  if (!free_.empty()) {
    const RecordIndex index = free_.back();
    free_.pop_back();
    return index;
  }
  if (follows_all_ || records_.size() < max_records) {
    records_.emplace_back();
    return static_cast<RecordIndex>(records_.size() - 1);
  }
  started_.push_back(never);
  return static_cast<RecordIndex>(max_records + started_.size() - 1);
}

ConnectionBook::RecordIndex ConnectionBook::start(SimTime now, std::size_t connector,
                                                  std::uint64_t index) {
  const RecordIndex place = new_place();
  if (!has_record(place)) {
    started_[place - max_records] = now;
    return place;
  }
  records_[place] = Record{.connector = connector, .index = index, .started = now};
  return place;
}

void ConnectionBook::follow(RecordIndex index, tcp::SocketAddress local,
                            tcp::SocketAddress remote) {
  if (!has_record(index)) return;
  records_[index].local = local;
  records_[index].remote = remote;
  const auto [known, fresh] = followed_.try_emplace(Ends{local, remote}, index);
  if (fresh) return;
  const RecordIndex earlier = std::exchange(known->second, index);
  records_[earlier].superseded = true;
  if (earlier >= max_records) retire(earlier);
}

void ConnectionBook::decide(SimTime now, RecordIndex index, tcp::Error result) {
  if (has_record(index)) {
    records_[index].decided = now;
    records_[index].result = result;
    make_room(index);
    return;
  }
  if (result == tcp::Error::none) over_.connect.add(now - started_[index - max_records]);
  free_.push_back(index);
}

void ConnectionBook::cut_off(RecordIndex index, CutOff how) {
  if (!has_record(index)) {
    free_.push_back(index);
    return;
  }
  records_[index].cut_off = how;
  make_room(index);
}

void ConnectionBook::make_room(RecordIndex index) {
  if (index < max_records) return;
  const Record& record = records_[index];
  const bool ended = record.local_end.state == tcp::State::closed &&
                     record.remote_end.state == tcp::State::closed &&
                     (record.decided != never || record.cut_off != CutOff::no);
  if (ended && !record.over) retire(index);
}

void ConnectionBook::retire(RecordIndex index) {
  Record& record = records_[index];
  over_.add(record);
  record.over = true;
  if (record.local.port != 0 && !record.superseded) {
    followed_.erase(Ends{record.local, record.remote});
  }
  free_.push_back(index);
}

template <typename Note>
void ConnectionBook::for_each(tcp::SocketAddress local, tcp::SocketAddress remote, Note note) {
  if (followed_.empty()) return;
  if (const auto own = followed_.find(Ends{local, remote}); own != followed_.end()) {
    note(own->second, Side::local);
  }
  if (const auto other = followed_.find(Ends{remote, local}); other != followed_.end()) {
    note(other->second, Side::remote);
  }
}

void ConnectionBook::sent(SimTime now, const tcp::Sent& sent) {
  const bool again = tcp::is_retransmission(sent.why);
  const bool fin = sent.segment.flags.has(tcp::Flags::fin);
  if (!again && !fin) return;
  for_each(sent.segment.src, sent.segment.dst, [&](RecordIndex index, Side side) {
    Record& record = records_[index];
    if (again) ++record.retransmissions;
    if (fin && record.first_fin == never) {
      record.first_fin = now;
      record.active = side;
    }
  });
}

void ConnectionBook::changed(SimTime now, const tcp::StateChanged& change) {
  for_each(change.local, change.remote, [&](RecordIndex index, Side side) {
    note_state(now, records_[index], side, change.to);
    make_room(index);
  });
}

void ConnectionBook::closed(SimTime now, tcp::SocketAddress local, tcp::SocketAddress remote) {
  for_each(local, remote, [&](RecordIndex index, Side side) {
    End& end = end_of(records_[index], side);
    // A late SYN may open the same ends again: what comes then is no orphan of this connection.
    if (!is_finished(end.state) && end.finished == never) end.orphaned = now;
  });
}

void ConnectionBook::host_lost(SimTime now, tcp::Address host) {
  for (RecordIndex index = 0; index < records_.size(); ++index) {
    Record& record = records_[index];
    if (record.superseded || record.over) continue;
    if (record.local.address == host) note_state(now, record, Side::local, tcp::State::closed);
    if (record.remote.address == host) note_state(now, record, Side::remote, tcp::State::closed);
    make_room(index);
  }
}

void ConnectionBook::note_state(SimTime now, Record& record, Side side, tcp::State to) {
  End& end = end_of(record, side);
  end.state = to;
  if (!is_finished(to)) return;
  if (end.orphaned != never && end.finished == never) end.finished = now;
  if (record.first_fin == never) return;
  if (side == record.active && record.active_finished == never) record.active_finished = now;
  const bool both_gone =
      record.local_end.state == tcp::State::closed && record.remote_end.state == tcp::State::closed;
  if (both_gone && record.gone == never) record.gone = now;
}

void ConnectionBook::check_invariants() const {
  std::size_t followed = 0;
  std::size_t over = 0;
  for (const Record& record : records_) {
    over += record.over ? 1U : 0U;
    LASTACK_ASSERT(record.started <= record.decided);
    const bool decided = record.result != tcp::Error::would_block;
    LASTACK_ASSERT(decided == (record.decided != never));
    LASTACK_ASSERT(record.first_fin <= record.active_finished);
    LASTACK_ASSERT(record.first_fin <= record.gone);
    for (const End& end : {record.local_end, record.remote_end}) {
      LASTACK_ASSERT(end.finished == never || end.orphaned <= end.finished);
    }
    if (record.local.port == 0 || record.superseded || record.over) continue;
    ++followed;
    const auto found = followed_.find(Ends{record.local, record.remote});
    LASTACK_ASSERT(found != followed_.end());
    LASTACK_ASSERT(&records_[found->second] == &record);
  }
  LASTACK_ASSERT(followed == followed_.size());
  LASTACK_ASSERT(follows_all_ ? over == free_.size() : over == 0);
}

}  // namespace lastack::run
