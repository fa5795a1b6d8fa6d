#include "lastack/compare/history_sink.hpp"

#include <type_traits>
#include <utility>

#include "history_builder.hpp"

namespace lastack::compare {

namespace {

SynOptions syn_options_of(const tcp::Options& options) {
  SynOptions result;
  if (options.mss != 0) result.mss = options.mss;
  if (options.has_window_scale) result.window_scale = options.window_scale;
  result.sack_permitted = options.sack_permitted;
  result.timestamps = options.has_timestamps;
  return result;
}

}  // namespace

class HistorySink::Impl {
 public:
  void begin(const trace::Names& names) {
    hosts_ = names.hosts;
    scenario_ = names.scenario;
  }
  void take_event(const trace::Event& event) {
    at_ = event.at;
    std::visit([this](const auto& what) { take_in(what); }, event.what);
  }
  History take() {
    History history = builder_.take();
    history.source = scenario_;
    return history;
  }

 private:
  void take_in(const trace::Send& send) {
    WireSegment segment;
    segment.id = send.id;
    segment.from = socket(send.src, send.dst);
    segment.to = socket(send.dst, send.src);
    segment.flags = send.segment.flags;
    segment.seq = send.segment.seq.raw();
    segment.ack = send.segment.ack.raw();
    segment.len = send.segment.data;
    segment.win = send.segment.wnd;
    segment.options = syn_options_of(send.segment.options);
    for (std::size_t i = 0; i < send.segment.options.sack_count; ++i) {
      const tcp::SackBlock& block = send.segment.options.sack[i];
      segment.sack.push_back({block.left.raw(), block.right.raw()});
    }
    if (send.forged) segment.maker = SentSegment::Maker::forger;
    segment.relative = send.relative;
    if (send.protocol == trace::Protocol::datagram) segment.kind = WireSegment::Kind::datagram;
    builder_.sent(at_, segment);
  }

  void take_in(const trace::Drop& drop) {
    if (drop.place == trace::DropPlace::wire) builder_.met(drop.id, Fate::dropped);
  }
  void take_in(const trace::Delay& delay) { builder_.met(delay.id, Fate::delayed); }
  void take_in(const trace::Duplicate& duplicate) { builder_.met(duplicate.id, Fate::duplicated); }
  void take_in(const trace::Receive&) {}
  void take_in(const trace::TimerChange&) {}

  void take_in(const trace::StateChange& change) {
    builder_.entered(at_, socket(change.local, change.remote), change.to);
  }

  void take_in(const trace::AppCall& call) {
    Call::Result result;
    if (const auto* count = std::get_if<std::uint64_t>(&call.result)) {
      result = static_cast<std::int64_t>(*count);
    } else if (!std::holds_alternative<std::monostate>(call.result)) {
      result = text_of(call.result);
    }
    builder_.called(at_, host(call.host), text_of(call.who), std::string{name_of(call.call)},
                    std::move(result));
  }

  const std::string& host(trace::HostId id) const { return hosts_[static_cast<std::size_t>(id)]; }
  SocketName socket(trace::End local, trace::End remote) const {
    if (remote.port == 0) return {host(local.host), local.port, 0};
    return {host(local.host), local.port, remote.port, host(remote.host)};
  }

  std::string scenario_;
  std::vector<std::string> hosts_;
  SimTime at_;
  HistoryBuilder builder_;
};

HistorySink::HistorySink() : impl_{std::make_unique<Impl>()} {}
HistorySink::~HistorySink() = default;

void HistorySink::begin(const trace::Names& names) { impl_->begin(names); }
void HistorySink::event(const trace::Event& event) { impl_->take_event(event); }
void HistorySink::end(SimTime /*at*/) {}
History HistorySink::take() { return impl_->take(); }

}  // namespace lastack::compare
