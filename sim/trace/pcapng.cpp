#include "lastack/trace/pcapng.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "packet_bytes.hpp"
#include "pcapng_blocks.hpp"
#include "units.hpp"

namespace lastack::trace {

namespace {

/// Bytes that are written together.
constexpr std::size_t written_at_once = 128 * 1024;

/// The place of a capture in the order of all captures.
using CaptureNumber = std::uint64_t;

/// A packet seen at an interface, not written yet.
struct Capture {
  SimTime at;
  std::uint32_t interface = 0;
  Direction direction = Direction::inbound;
  Send packet;
  std::uint64_t event = 0;  ///< its `n`
  Integrity integrity = Integrity::intact;
  bool fate_open = false;  ///< it left, and where it ended is not known yet
  std::vector<std::string> comments;
};

/// A packet between its `send` and the end of its last copy.
struct Flight {
  Send packet;
  std::optional<CaptureNumber> sent;      ///< at the sender's interface
  std::optional<CaptureNumber> received;  ///< at the receiver's, the latest copy
  SimTime received_at = never;
  std::uint32_t copies = 1;  ///< on their way
};

/// A state change that waits for the packet it belongs to.
struct HeldRemark {
  SimTime at;
  End local;
  End remote;
  std::string text;
};

bool is_of(const Send& packet, End local, End remote) {
  return (packet.src == local && packet.dst == remote) ||
         (packet.src == remote && packet.dst == local);
}

}  // namespace

class PcapngSink::Impl {
 public:
  Impl(std::unique_ptr<ByteWriter> out, PcapngOptions options)
      : out_{std::move(out)},
        options_{options} {}

  void begin(const Names& names);
  void event(const Event& event);
  void end(SimTime at);

 private:
  /// A host's end of a link. A host without links has one all the same, with itself as peer.
  struct Interface {
    HostId host;
    LinkId link;
    HostId peer;
  };

  void list_interfaces();
  InterfaceInfo info_of(const Interface& interface) const;
  std::uint32_t interface_of(HostId host, LinkId link, HostId peer) const;

  void on(const Send& send, const Event& event);
  void on(const Receive& receive, const Event& event);
  void on(const Drop& drop, const Event& event);
  void on(const Delay& delay, const Event& event);
  void on(const Duplicate& duplicate, const Event& event);
  void on(const StateChange& change, const Event& event);
  void on(const TimerChange& /*change*/, const Event& /*event*/) {}
  void on(const AppCall& /*call*/, const Event& /*event*/) {}

  CaptureNumber capture(Capture capture);
  Capture* held(std::optional<CaptureNumber> number);
  void arrive(Flight& flight, const Event& event, LinkId link, Integrity integrity);
  void drop_at_host(Flight& flight, const Drop& drop, const Event& event);
  void end_copy(Flight& flight);
  void comment_sent(std::uint64_t id, const std::string& text);
  Capture* arrival_caused_by(std::uint64_t event);

  void move_time(SimTime to);
  void settle_remarks();
  void write_settled();
  void write_front();
  void write(std::string_view bytes);

  std::unique_ptr<ByteWriter> out_;
  PcapngOptions options_;
  std::string buffer_;
  Names names_;
  std::vector<Interface> interfaces_;           ///< ordered by host, so that a host's are together
  std::vector<std::uint32_t> first_interface_;  ///< by HostId; one more at the end
  SimTime now_ = sim_start;
  std::deque<Capture> held_;
  CaptureNumber first_held_ = 0;
  std::unordered_map<std::uint64_t, Flight> flights_;
  std::vector<std::uint64_t> landed_;  ///< packets whose last copy ended at this instant
  std::vector<HeldRemark> remarks_;    ///< of this instant, or before the first packet
};

void PcapngSink::Impl::begin(const Names& names) {
  names_ = names;
  list_interfaces();
  std::string about = names.scenario + ", seed " + std::to_string(names.seed);
  if (!names.description.empty()) {
    about += ": " + names.description;
  }
  write(section_header("Lastack", about));
  std::vector<std::pair<tcp::Address, std::string>> addresses;
  for (std::size_t i = 0; i < names.host_count; ++i) {
    addresses.emplace_back(names.addresses[i], names.hosts[i]);
  }
  write(name_resolution(addresses));
  for (const Interface& interface : interfaces_) {
    write(interface_description(info_of(interface), options_.snaplen));
  }
}

void PcapngSink::Impl::list_interfaces() {
  interfaces_.clear();
  for (std::size_t i = 0; i < names_.links.size(); ++i) {
    const auto [a, b] = names_.links[i];
    const LinkId link{static_cast<std::uint32_t>(i)};
    for (const auto& [host, peer] : {std::pair{a, b}, std::pair{b, a}}) {
      if (static_cast<std::size_t>(host) < names_.host_count) {
        interfaces_.push_back({host, link, peer});
      }
    }
  }
  for (std::size_t i = 0; i < names_.host_count; ++i) {
    const HostId host{static_cast<std::uint32_t>(i)};
    const auto is_its = [&](const Interface& interface) { return interface.host == host; };
    if (std::none_of(interfaces_.begin(), interfaces_.end(), is_its)) {
      interfaces_.push_back({host, any_link, host});
    }
  }
  std::stable_sort(interfaces_.begin(), interfaces_.end(),
                   [](const Interface& a, const Interface& b) { return a.host < b.host; });
  first_interface_.assign(names_.host_count + 1, 0);
  for (const Interface& interface : interfaces_) {
    ++first_interface_[static_cast<std::size_t>(interface.host) + 1];
  }
  for (std::size_t i = 1; i < first_interface_.size(); ++i) {
    first_interface_[i] += first_interface_[i - 1];
  }
}

InterfaceInfo PcapngSink::Impl::info_of(const Interface& interface) const {
  const auto host = static_cast<std::size_t>(interface.host);
  const std::string& name = names_.name(interface.host);
  const std::string& peer = names_.name(interface.peer);
  const bool alone = first_interface_[host + 1] - first_interface_[host] == 1;
  return {alone ? name : name + "-" + peer, name + "'s end of the link to " + peer,
          names_.addresses[host]};
}

/// The host's end of `link`; of the link to `peer` where it is not said which; else its first.
std::uint32_t PcapngSink::Impl::interface_of(HostId host, LinkId link, HostId peer) const {
  const std::uint32_t first = first_interface_[static_cast<std::size_t>(host)];
  const std::uint32_t last = first_interface_[static_cast<std::size_t>(host) + 1];
  for (std::uint32_t i = first; i < last; ++i) {
    if (link == any_link ? interfaces_[i].peer == peer : interfaces_[i].link == link) return i;
  }
  return first;
}

void PcapngSink::Impl::event(const Event& event) {
  move_time(event.at);
  std::visit([&](const auto& what) { on(what, event); }, event.what);
}

void PcapngSink::Impl::on(const Send& send, const Event& event) {
  Flight& flight = flights_[send.id];
  flight.packet = send;
  if (send.forged) {
    return;  // it left no host
  }
  Capture seen{.at = event.at,
               .interface = interface_of(send.src.host, send.link, send.dst.host),
               .direction = Direction::outbound,
               .packet = send,
               .event = event.n,
               .fate_open = true,
               .comments = {}};
  std::erase_if(remarks_, [&](HeldRemark& remark) {
    const bool fits =
        remark.at == event.at && remark.local == send.src && remark.remote == send.dst;
    if (fits) {
      seen.comments.push_back(std::move(remark.text));
    }
    return fits;
  });
  flight.sent = capture(std::move(seen));
}

void PcapngSink::Impl::on(const Receive& receive, const Event& event) {
  if (const auto it = flights_.find(receive.id); it != flights_.end()) {
    arrive(it->second, event, receive.link, Integrity::intact);
  }
}

void PcapngSink::Impl::arrive(Flight& flight, const Event& event, LinkId link,
                              Integrity integrity) {
  Capture seen{.at = event.at,
               .interface = interface_of(flight.packet.dst.host, link, flight.packet.src.host),
               .direction = Direction::inbound,
               .packet = flight.packet,
               .event = event.n,
               .integrity = integrity,
               .comments = {}};
  if (flight.packet.forged) {
    seen.comments.push_back("forged: no host sent it");
  }
  flight.received = capture(std::move(seen));
  flight.received_at = event.at;
  end_copy(flight);
}

void PcapngSink::Impl::on(const Drop& drop, const Event& event) {
  const auto it = flights_.find(drop.id);
  if (it == flights_.end()) return;
  if (drop.place == DropPlace::host) {
    drop_at_host(it->second, drop, event);
    return;
  }
  const bool on_the_way = drop.node != it->second.packet.src.host;
  comment_sent(drop.id, "dropped on the wire" +
                            (on_the_way ? " behind " + names_.name(drop.node) : std::string{}) +
                            ": " + std::string{trace::name_of(drop.reason)});
  end_copy(it->second);
}

/// A host discards a packet after its `recv`, or without one: a corrupted packet is then shown as
/// it came in, while at a host without power nothing comes in.
void PcapngSink::Impl::drop_at_host(Flight& flight, const Drop& drop, const Event& event) {
  const bool checksum_wrong = drop.reason == DropReason{LossReason::checksum};
  const bool came_in = flight.received && flight.received_at == event.at;
  if (!came_in && checksum_wrong) {
    arrive(flight, event, any_link, Integrity::corrupted);
  } else if (!came_in) {
    end_copy(flight);
  }
  Capture* seen = held(came_in || checksum_wrong ? flight.received : flight.sent);
  if (seen == nullptr) return;
  if (checksum_wrong) {
    seen->integrity = Integrity::corrupted;
  }
  seen->comments.push_back("dropped at " + names_.name(drop.node) + ": " +
                           std::string{trace::name_of(drop.reason)});
}

void PcapngSink::Impl::on(const Delay& delay, const Event& /*event*/) {
  comment_sent(delay.id, "delayed on the wire by " + duration_text(delay.by));
}

void PcapngSink::Impl::on(const Duplicate& duplicate, const Event& /*event*/) {
  const bool at_once = duplicate.by == SimDuration::zero();
  comment_sent(duplicate.id, "duplicated on the wire: again " +
                                 (at_once ? "at once" : duration_text(duplicate.by) + " later"));
  if (const auto it = flights_.find(duplicate.id); it != flights_.end()) {
    ++it->second.copies;
  }
}

/// The packet that made the state change is the one that just came in; else the one that is sent
/// with it at this instant; else (a timer, a call) the last one before it, with the time given.
void PcapngSink::Impl::on(const StateChange& change, const Event& event) {
  std::string text = names_.text(change.local);
  if (change.remote.port != 0) {
    text += " to " + names_.text(change.remote);
  }
  text += " " + std::string{tcp::name_of(change.from)} + " -> " +
          std::string{tcp::name_of(change.to)} + " (" + std::string{tcp::name_of(change.why)} + ")";
  if (Capture* arrival = arrival_caused_by(event.cause)) {
    arrival->comments.push_back(std::move(text));
    return;
  }
  remarks_.push_back({event.at, change.local, change.remote, std::move(text)});
}

Capture* PcapngSink::Impl::arrival_caused_by(std::uint64_t event) {
  for (auto it = held_.rbegin(); event != 0 && it != held_.rend() && it->at == now_; ++it) {
    if (it->event == event && it->direction == Direction::inbound) return &*it;
  }
  return nullptr;
}

CaptureNumber PcapngSink::Impl::capture(Capture capture) {
  held_.push_back(std::move(capture));
  if (held_.size() > options_.held_max) {
    write_front();
  }
  return first_held_ + held_.size() - 1;
}

/// Null when it is written already.
Capture* PcapngSink::Impl::held(std::optional<CaptureNumber> number) {
  if (!number || *number < first_held_) return nullptr;
  return &held_[static_cast<std::size_t>(*number - first_held_)];
}

void PcapngSink::Impl::end_copy(Flight& flight) {
  if (flight.copies > 0) {
    --flight.copies;
  }
  if (flight.copies > 0) return;
  landed_.push_back(flight.packet.id);
  if (Capture* sent = held(flight.sent)) {
    sent->fate_open = false;
  }
}

void PcapngSink::Impl::comment_sent(std::uint64_t id, const std::string& text) {
  const auto it = flights_.find(id);
  Capture* sent = it == flights_.end() ? nullptr : held(it->second.sent);
  if (sent != nullptr) {
    sent->comments.push_back(text);
  }
}

void PcapngSink::Impl::move_time(SimTime to) {
  if (to == now_) return;
  settle_remarks();
  for (const std::uint64_t id : landed_) {
    flights_.erase(id);
  }
  landed_.clear();
  now_ = to;
  write_settled();
}

/// Gives the state changes of the instant that ends to the last packet of their connection that is
/// held, else to the last packet at all; without any they wait for the first.
void PcapngSink::Impl::settle_remarks() {
  if (held_.empty()) return;
  for (HeldRemark& remark : remarks_) {
    const auto fits = [&](const Capture& c) {
      return is_of(c.packet, remark.local, remark.remote);
    };
    const auto own = std::find_if(held_.rbegin(), held_.rend(), fits);
    Capture& capture = own == held_.rend() ? held_.back() : *own;
    if (capture.at != remark.at) {
      remark.text = "at " + seconds_text(remark.at, 9) + " s: " + remark.text;
    }
    capture.comments.push_back(std::move(remark.text));
  }
  remarks_.clear();
}

/// The last capture is always held, so that a state change long after it finds a place.
void PcapngSink::Impl::write_settled() {
  while (held_.size() > 1 && held_.front().at < now_ && !held_.front().fate_open) {
    write_front();
  }
}

void PcapngSink::Impl::write_front() {
  const Capture& capture = held_.front();
  const PacketBytes bytes = packet_bytes(capture.packet, capture.integrity);
  write(enhanced_packet({.interface = capture.interface,
                         .at = capture.at,
                         .direction = capture.direction,
                         .id = capture.packet.id,
                         .headers = bytes.headers,
                         .payload = bytes.payload,
                         .comments = &capture.comments},
                        options_.snaplen));
  held_.pop_front();
  ++first_held_;
}

void PcapngSink::Impl::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= written_at_once) {
    out_->write(buffer_);
    buffer_.clear();
  }
}

void PcapngSink::Impl::end(SimTime at) {
  move_time(at);
  settle_remarks();
  while (!held_.empty()) {
    write_front();
  }
  out_->write(buffer_);
  buffer_.clear();
  out_->commit();
}

PcapngSink::PcapngSink(std::unique_ptr<ByteWriter> out, PcapngOptions options)
    : impl_{std::make_unique<Impl>(std::move(out), options)} {}

PcapngSink::~PcapngSink() = default;

void PcapngSink::begin(const Names& names) { impl_->begin(names); }

void PcapngSink::event(const Event& event) { impl_->event(event); }

void PcapngSink::end(SimTime at) { impl_->end(at); }

}  // namespace lastack::trace
