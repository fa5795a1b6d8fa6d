#include "lastack/net/channel.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::net {

namespace {

/// No delay drawn is longer: 30 years, which leaves room for sums.
constexpr double longest_delay_ns = 1e18;

SimDuration rounded(double ns) {
  return SimDuration{static_cast<std::int64_t>(std::clamp(ns, 0.0, longest_delay_ns) + 0.5)};
}

double in_ns(SimDuration d) { return static_cast<double>(d.count()); }

/// Uniform in [min, max].
SimDuration between(SimDuration min, SimDuration max, RandomStream& stream) {
  const auto choices = static_cast<std::uint64_t>((max - min).count()) + 1;
  return min + SimDuration{static_cast<std::int64_t>(stream.below(choices))};
}

SimDuration drawn(const ConstantDelay& d, RandomStream&) { return d.value; }
SimDuration drawn(const UniformDelay& d, RandomStream& s) { return between(d.min, d.max, s); }
SimDuration drawn(const NormalDelay& d, RandomStream& s) {
  return rounded(in_ns(d.mean) + in_ns(d.sd) * s.normal());
}
SimDuration drawn(const ExponentialDelay& d, RandomStream& s) {
  return d.min + rounded(in_ns(d.mean) * s.exponential());
}
/// min / U^(1/shape), where -ln U has the exponential distribution.
SimDuration drawn(const ParetoDelay& d, RandomStream& s) {
  return rounded(in_ns(d.min) * portable_exp(s.exponential() / d.shape));
}

SimDuration mean_of(const ConstantDelay& d) { return d.value; }
SimDuration mean_of(const UniformDelay& d) { return d.min + (d.max - d.min) / 2; }
SimDuration mean_of(const NormalDelay& d) { return d.mean; }
SimDuration mean_of(const ExponentialDelay& d) { return d.min + d.mean; }
SimDuration mean_of(const ParetoDelay& d) {
  return rounded(in_ns(d.min) * d.shape / (d.shape - 1));
}

bool is_lossless(const Loss& loss) {
  const auto* bernoulli = std::get_if<BernoulliLoss>(&loss);
  return bernoulli != nullptr && bernoulli->p == 0;
}

bool is_plain(const LinkConfig& c) {
  return std::holds_alternative<ConstantDelay>(c.delay) && c.jitter == 0ns && is_lossless(c.loss) &&
         c.duplicate == 0 && c.reorder.p == 0 && c.corrupt == 0 && !c.rate_bps;
}

/// How long `bytes` take at `rate_bps`, rounded up.
SimDuration transmission_time(std::uint32_t bytes, std::uint64_t rate_bps) {
  LASTACK_ASSERT(rate_bps > 0);
  __extension__ using Wide = unsigned __int128;
  const Wide bit_ns = Wide{bytes} * 8 * 1'000'000'000;
  return SimDuration{static_cast<std::int64_t>((bit_ns + rate_bps - 1) / rate_bps)};
}

}  // namespace

SimDuration mean(const Delay& delay) {
  return std::visit([](const auto& d) { return mean_of(d); }, delay);
}

SimDuration draw(const Delay& delay, RandomStream& stream) {
  return std::visit([&stream](const auto& d) { return drawn(d, stream); }, delay);
}

struct Channel::Randomness {
  Randomness(std::uint64_t seed, const std::string& name)
      : loss{seed, name + "/loss"},
        duplicate{seed, name + "/duplicate"},
        corrupt{seed, name + "/corrupt"},
        delay{seed, name + "/delay"},
        jitter{seed, name + "/jitter"},
        reorder{seed, name + "/reorder"} {}

  bool loses(const BernoulliLoss& model) { return model.p > 0 && loss.bernoulli(model.p); }
  /// Two numbers for every packet: whether the state changes, then whether it is lost.
  bool loses(const GilbertElliottLoss& model) {
    const bool changes = loss.bernoulli(in_bad ? model.p_bad_to_good : model.p_good_to_bad);
    in_bad = in_bad != changes;
    return loss.bernoulli(in_bad ? model.loss_bad : model.loss_good);
  }

  RandomStream loss;
  RandomStream duplicate;
  RandomStream corrupt;
  RandomStream delay;
  RandomStream jitter;
  RandomStream reorder;
  bool in_bad = false;  ///< the Gilbert-Elliott state
};

Channel::Channel(std::shared_ptr<const LinkConfig> config, std::uint64_t run_seed,
                 const std::string& name)
    : mtu_{config->mtu},
      plain_{is_plain(*config)},
      config_{std::move(config)} {
  if (plain_) {
    constant_delay_ = std::get<ConstantDelay>(config_->delay).value;
  } else {
    chance_ = std::make_unique<Randomness>(run_seed, name);
  }
}

Channel::Channel(Channel&&) noexcept = default;
Channel::~Channel() = default;

Passage Channel::pass(SimTime now, std::uint32_t bytes) {
  Passage passage;
  if (passes_plainly(bytes)) {
    passage.arrival = saturating_add(now, constant_delay_);
  } else if (state_ == LinkState::down) {
    passage.lost = trace::LossReason::link_down;
  } else if (bytes > mtu_) {
    passage.lost = trace::LossReason::mtu;
  } else {
    pass_with_chance(now, bytes, passage);
  }
  return passage;
}

void Channel::pass_with_chance(SimTime now, std::uint32_t bytes, Passage& passage) {
  const LinkConfig& c = *config_;
  if (std::visit([this](const auto& model) { return chance_->loses(model); }, c.loss)) {
    passage.lost = trace::LossReason::loss;
    return;
  }
  const bool twice = c.duplicate > 0 && chance_->duplicate.bernoulli(c.duplicate);
  passage.corrupted = c.corrupt > 0 && chance_->corrupt.bernoulli(c.corrupt);
  SimTime sent = now;
  if (!transmit(now, bytes, sent)) {
    passage.lost = trace::LossReason::queue;
    return;
  }
  Arrival first = arrival_of(sent);
  if (twice && transmit(now, bytes, sent)) {  // the copy follows on the same wire
    Arrival second = arrival_of(sent);
    if (second.at < first.at) std::swap(first, second);
    passage.duplicated = true;
    passage.copy_arrival = second.at;
  }
  passage.arrival = first.at;
  passage.held_back = first.held_back;
}

std::uint64_t Channel::queued_bytes(SimTime now) {
  while (served_ < waiting_.size() && waiting_[served_].begins <= now) {
    waiting_bytes_ -= waiting_[served_++].bytes;
  }
  if (served_ * 2 >= waiting_.size()) {  // each is moved at most once on average
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(served_));
    served_ = 0;
  }
  return waiting_bytes_;
}

void Channel::check_invariants() const {
  LASTACK_ASSERT(served_ <= waiting_.size());
  std::uint64_t bytes = 0;
  SimTime last = sim_start;
  for (std::size_t i = served_; i < waiting_.size(); ++i) {
    LASTACK_ASSERT(waiting_[i].begins >= last);
    last = waiting_[i].begins;
    bytes += waiting_[i].bytes;
  }
  LASTACK_ASSERT(bytes == waiting_bytes_);
  LASTACK_ASSERT(last <= busy_until_);
  if (config_->queue_bytes_max) LASTACK_ASSERT(bytes <= *config_->queue_bytes_max);
}

/// Finds when the packet's last bit is on the wire. False when the queue has no room for it.
bool Channel::transmit(SimTime now, std::uint32_t bytes, SimTime& sent) {
  if (!config_->rate_bps) return true;
  const SimTime begins = std::max(now, busy_until_);
  if (begins > now) {
    const std::uint64_t waiting = queued_bytes(now) + bytes;
    if (config_->queue_bytes_max && waiting > *config_->queue_bytes_max) return false;
    waiting_.push_back({begins, bytes});
    waiting_bytes_ = waiting;
  }
  busy_until_ = saturating_add(begins, transmission_time(bytes, *config_->rate_bps));
  sent = busy_until_;
  return true;
}

Channel::Arrival Channel::arrival_of(SimTime sent) {
  const LinkConfig& c = *config_;
  SimDuration way = draw(c.delay, chance_->delay);
  if (c.jitter > 0ns) way += between(-c.jitter, c.jitter, chance_->jitter);
  way = std::max(way, SimDuration{0});
  const bool held = c.reorder.p > 0 && chance_->reorder.bernoulli(c.reorder.p);
  const SimDuration held_back = held ? c.reorder.by : SimDuration{0};
  return {saturating_add(sent, way + held_back), held_back};
}

}  // namespace lastack::net
