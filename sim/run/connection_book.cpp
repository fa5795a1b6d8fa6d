#include "connection_book.hpp"

#include "lastack/core/assert.hpp"

namespace lastack::run {

namespace {

/// Whether nothing is left to do for a connection in this state but to wait.
bool is_finished(tcp::State state) {
  return state == tcp::State::time_wait || state == tcp::State::closed;
}

}  // namespace

std::optional<ConnectionBook::RecordIndex> ConnectionBook::start(SimTime now, std::size_t connector,
                                                                 std::uint64_t index) {
  if (records_.size() == max_records) return std::nullopt;
  Record record;
  record.connector = connector;
  record.index = index;
  record.started = now;
  records_.push_back(record);
  return static_cast<RecordIndex>(records_.size() - 1);
}

void ConnectionBook::follow(RecordIndex record, tcp::SocketAddress local,
                            tcp::SocketAddress remote) {
  records_[record].local = local;
  records_[record].remote = remote;
  const auto [earlier, fresh] = followed_.try_emplace(Ends{local, remote}, record);
  if (!fresh) {
    records_[earlier->second].superseded = true;
    earlier->second = record;
  }
}

void ConnectionBook::decide(SimTime now, RecordIndex record, tcp::Error result) {
  records_[record].decided = now;
  records_[record].result = result;
}

template <typename Note>
void ConnectionBook::for_each(tcp::SocketAddress local, tcp::SocketAddress remote, Note note) {
  if (followed_.empty()) return;
  if (const auto own = followed_.find(Ends{local, remote}); own != followed_.end()) {
    note(records_[own->second], Side::local);
  }
  if (const auto other = followed_.find(Ends{remote, local}); other != followed_.end()) {
    note(records_[other->second], Side::remote);
  }
}

void ConnectionBook::sent(SimTime now, const tcp::Sent& sent) {
  const bool again = tcp::is_retransmission(sent.why);
  const bool fin = sent.segment.flags.has(tcp::Flags::fin);
  if (!again && !fin) return;
  for_each(sent.segment.src, sent.segment.dst, [&](Record& record, Side side) {
    if (again) ++record.retransmissions;
    if (fin && record.first_fin == never) {
      record.first_fin = now;
      record.active = side;
    }
  });
}

void ConnectionBook::changed(SimTime now, const tcp::StateChanged& change) {
  for_each(change.local, change.remote,
           [&](Record& record, Side side) { note_state(now, record, side, change.to); });
}

void ConnectionBook::closed(SimTime now, tcp::SocketAddress local, tcp::SocketAddress remote) {
  for_each(local, remote, [&](Record& record, Side side) {
    End& end = end_of(record, side);
    if (!is_finished(end.state)) end.orphaned = now;
  });
}

void ConnectionBook::host_lost(SimTime now, tcp::Address host) {
  for (Record& record : records_) {
    if (record.superseded) continue;
    if (record.local.address == host) note_state(now, record, Side::local, tcp::State::closed);
    if (record.remote.address == host) note_state(now, record, Side::remote, tcp::State::closed);
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
  for (const Record& record : records_) {
    LASTACK_ASSERT(record.started <= record.decided);
    const bool decided = record.result != tcp::Error::would_block;
    LASTACK_ASSERT(decided == (record.decided != never));
    LASTACK_ASSERT(record.first_fin <= record.active_finished);
    LASTACK_ASSERT(record.first_fin <= record.gone);
    if (record.local.port == 0 || record.superseded) continue;
    ++followed;
    const auto found = followed_.find(Ends{record.local, record.remote});
    LASTACK_ASSERT(found != followed_.end());
    LASTACK_ASSERT(&records_[found->second] == &record);
  }
  LASTACK_ASSERT(followed == followed_.size());
}

}  // namespace lastack::run
