#include "receive/receive_window.hpp"

#include <algorithm>
#include <utility>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

// --- The buffer ---

ReceiveBuffer& ReceiveWindow::buffer(const Surroundings& s) {
  if (!buffer_) {
    buffer_ = std::make_unique<ReceiveBuffer>(s.host.profile, s.buffer_bytes());
    buffer_->start_measuring(s.read, s.now, std::min({grown_, advertised_, 10 * s.payload_max()}));
  }
  return *buffer_;
}

/// Before data comes, the buffer is as it will be.
std::uint32_t ReceiveWindow::full_space(const Surroundings& s) const {
  return buffer_ ? buffer_->full_space()
                 : ReceiveBuffer{s.host.profile, s.buffer_bytes()}.full_space();
}

std::uint32_t ReceiveWindow::free_space(const Surroundings& s) const {
  return buffer_ ? buffer_->free_space()
                 : ReceiveBuffer{s.host.profile, s.buffer_bytes()}.free_space();
}

// --- The handshake ---

void ReceiveWindow::offer_in_syn(const Surroundings& s) {
  // Whoever knows a timestamp of the peer's already counts on them (Linux, tcp_connect_init).
  const bool stamped = s.stamps == Stamps::yes && s.host.settings().tcp_timestamps != 0;
  const std::uint32_t mss = s.host.advertised_mss(s.options) - (stamped ? timestamps_octets : 0U);
  const WindowOffer offer =
      initial_window(s.host, full_space(s), s.buffer_size(), mss,
                     s.host.settings().tcp_window_scaling != 0 ? Scaling::offered : Scaling::none);
  advertised_ = offer.window;
  scale_ = offer.scale;
  clamp_ = offer.clamp;
  grown_ = offer.window;
}

void ReceiveWindow::offered_in_synack(std::uint32_t window, std::uint8_t scale,
                                      const Surroundings& s) {
  advertised_ = grown_ = window;
  clamp_ = largest_offer(s.host, full_space(s), s.buffer_size(), scale);
  scale_ = scale;
}

void ReceiveWindow::without_scaling() {
  scale_ = 0;
  clamp_ = std::min(clamp_, unscaled_window_max);
}

void ReceiveWindow::established(std::uint32_t own_mss, const Surroundings& s) {
  constexpr std::uint32_t least = 88;  // TCP_MIN_MSS
  const std::uint32_t guess =
      std::min({s.payload_max(), own_mss, advertised_ / 2, std::uint32_t{default_mss}});
  mss_ = static_cast<std::uint16_t>(std::max(guess, least));
  const std::uint32_t space = full_space(s);
  if (!s.host.profile.window_follows_traffic) {
    grown_ = clamp_ = std::min(clamp_, space);
    return;
  }
  const std::uint32_t segment = s.payload_max();
  const auto kept_back = static_cast<unsigned>(s.host.settings().tcp_app_win);
  if (clamp_ >= space) {
    const bool part = kept_back != 0 && space > 4 * segment;
    clamp_ = part ? std::max(space - (space >> kept_back), 4 * segment) : space;
  }
  // Room for one segment is kept in reserve.
  if (kept_back != 0 && clamp_ > 2 * segment && clamp_ + segment > space) {
    clamp_ = std::max(2 * segment, space - segment);
  }
  grown_ = std::min(grown_, clamp_);
}

// --- What could be offered ---

ReceiveWindow::Offer ReceiveWindow::next(const Surroundings& s) const {
  const std::uint32_t all = full_space(s);
  const std::uint32_t most = std::min(all, clamp_);
  std::uint32_t space = buffer_ ? buffer_->free_space() : all;
  if (may_shrink(s.host)) return next_as_is(space, all, most, s);
  if (space >= most / 2) return {in_steps(std::min(space, grown_), most), false};

  constexpr std::uint32_t smallest_part = 16;  // of the buffer
  const std::uint32_t mss = std::min<std::uint32_t>(mss_, most);
  space = space >> scale_ << scale_;
  if (space < all / smallest_part || space < mss) return {0, true};
  return {in_steps(std::min(space, least_offer(s)), most), true};
}

/// What is free of `all` in whole steps, rounded up only where the offer has not grown so far yet
/// (Linux, tcp_shrink_window).
ReceiveWindow::Offer ReceiveWindow::next_as_is(std::uint32_t space, std::uint32_t all,
                                               std::uint32_t most, const Surroundings& s) const {
  constexpr std::uint32_t smallest_part = 16;  // of the buffer
  const std::uint32_t granule = 1U << scale_;
  space = space / granule * granule;
  const bool lags = space < most / 2;
  const std::uint32_t grown = lags ? least_offer(s) : grown_;
  if (lags && space < std::max({all / smallest_part, std::uint32_t{mss_}, granule})) {
    return {0, true};
  }
  return {std::min(space, (grown + granule - 1) / granule * granule), lags};
}

/// How far the offer may go when memory is short.
std::uint32_t ReceiveWindow::least_offer(const Surroundings& s) const {
  constexpr std::uint32_t segments = 4;
  if (!s.host.memory.under_pressure()) return grown_;
  return std::min<std::uint32_t>(grown_, segments * s.host.advertised_mss(s.options));
}

void ReceiveWindow::shrink_under_pressure(const Surroundings& s) { grown_ = least_offer(s); }

/// A window in steps that avoid silly ones (RFC 9293, 3.8.6.2.2). Without scaling it keeps to
/// multiples of a segment, and stays while it is near.
std::uint32_t ReceiveWindow::in_steps(std::uint32_t space, std::uint32_t most) const {
  if (scale_ > 0) {
    const std::uint32_t granule = 1U << scale_;
    return (space + granule - 1) / granule * granule;
  }
  const std::uint32_t mss = std::min<std::uint32_t>(mss_, most);
  if (advertised_ + mss <= space || advertised_ > space) {
    return mss > 0 && space > mss ? space / mss * mss : space;
  }
  return mss == most && space > advertised_ + most / 2 ? space : advertised_;
}

std::uint16_t ReceiveWindow::advertise(std::uint32_t octets, Seq nxt, const Host& host) {
  if (octets < left(nxt) && !may_shrink(host)) {  // a window never shrinks (RFC 9293, 3.8.6.2.1)
    const std::uint32_t granule = 1U << scale_;
    octets = (left(nxt) + granule - 1) / granule * granule;
  }
  advertised_ = octets;
  advertised_at_ = nxt;
  return static_cast<std::uint16_t>(std::min(octets >> scale_, unscaled_window_max));
}

std::uint16_t ReceiveWindow::close(Seq nxt) {
  advertised_ = 0;
  advertised_at_ = nxt;
  return 0;
}

// --- What came ---

/// The most that may be offered follows the estimate of what the buffer holds (Linux,
/// tcp_set_window_clamp).
void ReceiveWindow::set_clamp(std::uint32_t clamp) {
  constexpr std::uint32_t least = 1152;  // SOCK_MIN_RCVBUF / 2
  clamp = std::max(clamp, least);
  if (clamp < clamp_) {
    grown_ = std::min(grown_, clamp);
  } else if (clamp > clamp_) {
    grown_ = std::max(grown_, std::min(advertised_, clamp));
  }
  clamp_ = clamp;
}

ReceiveWindow::Size ReceiveWindow::learn_segment_size(const Segment& seg, const Surroundings& s) {
  const auto size = static_cast<std::uint16_t>(std::min(seg.data, unscaled_window_max));
  const std::uint16_t before = std::exchange(small_mss_, std::uint16_t{0});
  if (size >= mss_) {
    if (size != mss_ && buffer(s).learn_share(seg)) {
      set_clamp(full_space(s));
      buffer_->limit_measured(clamp_);
    }
    mss_ = static_cast<std::uint16_t>(std::min<std::uint32_t>(size, s.payload_max()));
    return Size::full;
  }
  constexpr std::uint32_t least = 88;  // TCP_MIN_MSS
  const std::uint32_t with_options = seg.data + seg.options.wire_size();
  const bool ends_something = seg.flags.has(Flags::psh) || seg.flags.has(Flags::fin);
  if (with_options >= default_mss || (with_options >= least && !ends_something)) {
    const std::uint32_t fixed = s.host.advertised_mss(s.options) - s.payload_max();  // timestamps
    small_mss_ = static_cast<std::uint16_t>(with_options - fixed);
    if (small_mss_ == before) {  // twice the same: so large they are
      mss_ = small_mss_;
      return Size::usual;
    }
  }
  return Size::shorter;
}

bool ReceiveWindow::grow(const Segment& seg, const Surroundings& s) {
  if (!s.host.profile.window_follows_traffic) return false;
  const std::uint32_t most = std::min(clamp_, free_space(s));
  if (grown_ >= most) return false;
  if (s.host.memory.under_pressure()) {
    shrink_under_pressure(s);
    return false;
  }
  const std::uint32_t step =
      buffer(s).growth_for(seg, grown_, mss_, s.payload_max(),
                           static_cast<std::uint32_t>(s.host.settings().tcp_rmem[2]));
  grown_ += std::min(most - grown_, step);
  return step > 0;
}

void ReceiveWindow::hole_reaches(std::uint32_t octets, const Surroundings& s) {
  if (!s.buffer_may_grow()) return;
  const auto largest = static_cast<std::uint32_t>(s.host.settings().tcp_rmem[2]);
  if (buffer(s).grow_for_hole(octets, largest)) clamp_ = full_space(s);
}

void ReceiveWindow::octets_read(std::uint32_t octets, std::uint32_t waiting,
                                std::uint32_t beyond_hole, const Surroundings& s) {
  if (!buffer_) return;
  const std::uint32_t rest = octets - buffer_->in_first(octets);
  buffer_->remove(octets, waiting + octets, beyond_hole);
  const auto largest =
      static_cast<std::uint32_t>(s.buffer_may_grow() ? s.host.settings().tcp_rmem[2] : 0);
  // Linux looks once a segment, and all but the first come too soon after it.
  if (buffer_->resize(s.read - rest, waiting + rest, beyond_hole, s.now, largest)) {
    clamp_ = full_space(s);
  }
}

// --- When there is no room ---

/// A buffer that may grow does; else the offer falls back to two segments (Linux,
/// tcp_clamp_window).
void ReceiveWindow::clamp_to_buffer(const Surroundings& s) {
  constexpr std::uint32_t segments = 2;
  const Settings& settings = s.host.settings();
  const bool memory_is_plenty =
      !s.host.memory.under_pressure() && s.host.memory.pages() < settings.tcp_mem[0];
  if (s.buffer_size() == BufferSize::by_traffic && memory_is_plenty) {
    buffer_->grow_to_used(static_cast<std::uint32_t>(settings.tcp_rmem[2]));
  }
  if (is_overfull()) {
    grown_ = std::min<std::uint32_t>(clamp_, segments * s.host.advertised_mss(s.options));
  }
}

bool ReceiveWindow::make_room(Seq incoming, const Surroundings& s) {
  if (memory() == 0) return false;
  if (!is_overfull()) {
    shrink_under_pressure(s);
    return true;
  }
  clamp_to_buffer(s);
  if (is_overfull()) buffer_->collapse();
  if (is_overfull()) prune(incoming, s);
  return !is_overfull();
}

bool ReceiveWindow::prune(Seq incoming, const Surroundings& s) {
  using Pressure = ReceiveBuffer::Pressure;
  return buffer_ &&
         buffer_->prune(incoming, s.host.memory.under_pressure() ? Pressure::yes : Pressure::no);
}

void ReceiveWindow::check_invariants() const {
  LASTACK_ASSERT(scale_ <= window_scale_max);
  LASTACK_ASSERT(mss_ > 0);
}

}  // namespace lastack::tcp
