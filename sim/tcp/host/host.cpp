#include "host/host.hpp"

#include <utility>

#include <Random123/philox.h>

#include "lastack/core/assert.hpp"
#include "lastack/core/random_stream.hpp"

namespace lastack::tcp {

namespace {

/// The wheel turns the same way on all hosts of a run, as on machines that boot together; by how
/// much is the seed's choice, over a span that moves every level that matters.
TimerGrid grid_of(const StackConfig& config) {
  if (config.timers == TimerMode::exact) return TimerGrid::exact();
  const auto span = static_cast<std::uint64_t>(std::int64_t{32768} * 1'000'000'000 / config.hz);
  RandomStream stream{config.seed, "tcp/timer_phase"};
  const SimDuration phase{static_cast<std::int64_t>(stream.below(span))};
  RandomStream order{config.seed, "host/" + config.name + "/timer_order"};
  return TimerGrid::wheel(phase, order.bits() | 1, config.hz);
}

std::uint64_t secret_of(const StackConfig& config) {
  RandomStream stream{config.seed,
                      "host/" + config.name + "/secret/" + std::to_string(config.boots)};
  return stream.bits();
}

}  // namespace

bool ChallengeLimit::take(SimTime now, std::int32_t per_second) {
  const std::int64_t second = now.time_since_epoch() / std::chrono::seconds{1};
  if (second != second_) {
    second_ = second;
    left_ = per_second;
  }
  if (left_ <= 0) return false;
  --left_;
  return true;
}

Host::Host(StackConfig from)
    : config{std::move(from)},
      profile{profile_of(config.profile)},
      grid{grid_of(config)},
      secret{secret_of(config)} {}

RtoLimits Host::rto_limits(std::int32_t min_us, std::int32_t max_ms) const {
  return RtoLimits{.formula = profile.rto_formula,
                   .min = std::chrono::microseconds{min_us},
                   .max = std::chrono::milliseconds{max_ms},
                   .grid = grid};
}

const SocketOptions* Host::options_of_new(SocketOptions given) {
  given.rto_min_us = settings().tcp_rto_min_us;
  given.rto_max_ms = settings().tcp_rto_max_ms;
  return options.keep(given);
}

const SocketOptions* Host::options_of_new() {
  const bool stale = defaults_ == nullptr || defaults_->rto_min_us != settings().tcp_rto_min_us ||
                     defaults_->rto_max_ms != settings().tcp_rto_max_ms;
  if (stale) defaults_ = options_of_new(SocketOptions{});
  return defaults_;
}

std::uint16_t Host::link_mss() const {
  return static_cast<std::uint16_t>(std::clamp<std::uint32_t>(config.mtu, 88, 65535) - 40);
}

std::uint16_t Host::advertised_mss(const SocketOptions& of) const {
  constexpr std::uint16_t least = 256;
  const std::uint16_t mss =
      profile.window_follows_traffic ? std::max(link_mss(), least) : link_mss();
  return of.max_seg != 0 ? std::min(mss, of.max_seg) : mss;
}

std::uint64_t Host::keyed_hash(std::uint64_t a, std::uint64_t b) const {
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32),
       static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)}};
  const r123::Philox4x32::key_type key{
      {static_cast<std::uint32_t>(secret), static_cast<std::uint32_t>(secret >> 32)}};
  const auto word = r123::Philox4x32{}(counter, key);
  return std::uint64_t{word[1]} << 32 | word[0];
}

Seq Host::choose_iss(SimTime now, Port local, SocketAddress remote) const {
  const std::uint64_t pair = pair_key(local, remote.address, remote.port);
  const auto clock = static_cast<std::uint32_t>(now.time_since_epoch() / profile.iss_tick);
  return Seq{clock + static_cast<std::uint32_t>(keyed_hash(pair, 1))};
}

std::uint64_t Host::of_peer(Address remote, std::uint64_t purpose, OfPeer& last) const {
  if (last.peer != remote) {
    last = {remote, keyed_hash(static_cast<std::uint32_t>(remote), purpose)};
  }
  return last.hash;
}

std::uint32_t Host::timestamp_offset(Address remote) const {
  return static_cast<std::uint32_t>(of_peer(remote, 2, stamps_));
}

bool Host::invalid_answer_limited(SimTime now, std::uint64_t pair) {
  const SimDuration limit = std::chrono::milliseconds{settings().tcp_invalid_ratelimit};
  SimTime& last_answer = last_answers.try_emplace(pair, long_ago).first->second;
  if (now < saturating_add(last_answer, limit)) return true;
  last_answer = now;
  return false;
}

void Context::send(const Segment& segment, SendReason why) {
  const bool again = is_retransmission(why);
  // What was sent before counts once (RFC 4022, tcpOutSegs), but for SYN-ACKs of requests (Linux,
  // tcp_make_synack).
  if (!again || why == SendReason::synack_timeout) ++host.counters.OutSegs;
  if (again) ++host.counters.RetransSegs;
  if (segment.flags.has(Flags::rst)) {
    ++host.counters.OutRsts;
  }
  out.effects.emplace_back(std::in_place_type<Sent>, segment, why);
}

/// Not inline: most runs want no reports, and what does not happen should cost next to nothing.
[[gnu::noinline]] void Context::report(Effect effect) { out.effects.push_back(effect); }

void Context::discard(DiscardReason reason) { out.effects.emplace_back(Discarded{reason}); }

Segment reset_for(const Segment& segment) {
  LASTACK_ASSERT(!segment.flags.has(Flags::rst));
  Segment reset;
  reset.src = segment.dst;
  reset.dst = segment.src;
  if (segment.flags.has(Flags::ack)) {
    reset.flags = Flags::rst;
    reset.seq = segment.ack;
  } else {
    reset.flags = Flags::rst | Flags::ack;
    reset.ack = segment.end();
  }
  return reset;
}

}  // namespace lastack::tcp
