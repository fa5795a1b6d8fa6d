#include "lastack/tcp/profile.hpp"

#include <array>

#include "lastack/tcp/kernel_versions.hpp"

namespace lastack::tcp {

namespace {

// What each of Linux's columns means, and what shows it: LINUX.md.
constexpr Profile linux_6{
    .id = ProfileId::linux_6,
    .rto_formula = RtoFormula::linux,
    .congestion = CongestionAlgorithm::cubic,
    .retry_budget = RetryBudget::elapsed_time,
    .orphan_retries_for_0 = 8,
    .acks = AckPolicy::quick_ack,
    .repeated_syn = RepeatedSyn::synack_restart_timer,
    .request_expiry = RequestExpiry::silent,
    .blind_attacks = BlindAttacks::challenged,
    .wrong_syn_ack = WrongSynAck::reset_and_retry,
    .orphan_fin_wait_2 = OrphanFinWait2::record,
    .time_wait_restart = TimeWaitRestart::on_any_ack,
    .reset_on_unread = true,
    .resets_text_around_fin = true,
    .drops_text_beyond_window = true,
    .reset_on_keepalive_failure = true,
    .reset_at_fin = true,
    .exact_request_resets = true,
    .user_timeout_of_answered_probes = true,
    .undoes_spurious_losses = true,
    .bound_port_reuses_time_wait = true,
    .port_order = PortOrder::linux,
    .iss_tick = 64ns,
    .sends_bursts = true,
    .grows_bursts = true,
    .reads_after_end = true,
    .refused_in_simultaneous_open = false,
    .shutdown_waits_for_handshake = true,
    .crossed_syn_ack_offers_all = true,
    .window_updates_are_no_duplicates = true,
    .predicts_headers = true,
    .paws = Paws::linux,
    .always_rack = true,
    .repacks_retransmissions = true,
    .drops_flagless_first = true,
    .drops_syn_with_fin = true,
    .takes_text_of_syn_ack = false,
    .old_acks_begin_at_iss = true,
    .bounds_probes_of_orphans = true,
    .time_wait_answers_unheard_syn = true,
    .requests_outlive_listener = true,
    .window_follows_traffic = true,
};

constexpr Profile rfc9293{
    .id = ProfileId::rfc9293,
    .rto_formula = RtoFormula::rfc6298,
    .congestion = CongestionAlgorithm::reno,
    .retry_budget = RetryBudget::count,
    .orphan_retries_for_0 = 0,
    .acks = AckPolicy::at_once,
    .repeated_syn = RepeatedSyn::ack,
    .request_expiry = RequestExpiry::silent,
    .blind_attacks = BlindAttacks::challenged,
    .wrong_syn_ack = WrongSynAck::reset,
    .orphan_fin_wait_2 = OrphanFinWait2::connection,
    .time_wait_restart = TimeWaitRestart::on_fin,
    .reset_on_unread = true,
    .resets_text_around_fin = false,
    .drops_text_beyond_window = false,
    .reset_on_keepalive_failure = true,
    .reset_at_fin = false,
    .exact_request_resets = true,
    .user_timeout_of_answered_probes = false,
    .undoes_spurious_losses = false,
    .bound_port_reuses_time_wait = false,
    .port_order = PortOrder::in_turn,
    .iss_tick = 4us,
    .sends_bursts = false,
    .grows_bursts = false,
    .reads_after_end = false,
    .refused_in_simultaneous_open = true,
    .shutdown_waits_for_handshake = false,
    .crossed_syn_ack_offers_all = false,
    .window_updates_are_no_duplicates = false,
    .predicts_headers = false,
    .paws = Paws::rfc7323,
    .always_rack = false,
    .repacks_retransmissions = false,
    .drops_flagless_first = false,
    .drops_syn_with_fin = false,
    .takes_text_of_syn_ack = true,
    .old_acks_begin_at_iss = false,
    .bounds_probes_of_orphans = false,
    .time_wait_answers_unheard_syn = false,
    .requests_outlive_listener = false,
    .window_follows_traffic = false,
};

constexpr Profile textbook = [] {
  Profile p = rfc9293;
  p.id = ProfileId::textbook;
  p.repeated_syn = RepeatedSyn::synack;
  p.request_expiry = RequestExpiry::reset;
  p.blind_attacks = BlindAttacks::rfc793;
  p.reset_on_keepalive_failure = false;
  p.exact_request_resets = false;
  return p;
}();

/// The rules of each release are those of 6.18 with what changed since then undone.
Profile make_profile(ProfileId id) {
  if (id == ProfileId::rfc9293) return rfc9293;
  if (id == ProfileId::textbook) return textbook;
  Profile profile = linux_6;
  profile.id = id;
  go_back_to(kernel_of(id).value(), profile);
  return profile;
}

std::array<Profile, profile_count> make_profiles() {
  std::array<Profile, profile_count> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = make_profile(static_cast<ProfileId>(i));
  return all;
}

}  // namespace

const Profile& profile_of(ProfileId id) {
  static const std::array<Profile, profile_count> profiles = make_profiles();
  return profiles[static_cast<std::size_t>(id)];
}

}  // namespace lastack::tcp
