// What changed from one release of Linux to another, with the commit that made it so.
#include "lastack/tcp/kernel_versions.hpp"

#include <algorithm>

#include "lastack/core/assert.hpp"

namespace lastack::tcp {

namespace {

// Each row is undone for the profiles of older releases; the newest comes first, so that a value
// that changed twice ends as the oldest has it.
constexpr KernelChange changes[] = {
    {{6, 18}, "rmem_max", "212992", "commit a6d4f25888b8"},
    {{6, 18}, "wmem_max", "212992", "commit a6d4f25888b8"},
    {{6, 17}, "always_rack", "no", "commit 1c120191dcec"},
    {{6, 17}, "drops_text_beyond_window", "no", "commit 9ca48d616ed7"},
    {{6, 16}, "tcp_rmem", "4096 131072 6291456", "commit 572be9bf9d0d"},
    {{6, 10}, "grows_bursts", "no", "commit 8ee602c63520"},
    {{6, 5}, "tcp_syn_linear_timeouts", "0", "commit ccce324dabfe"},
    {{6, 0}, "tcp_challenge_ack_limit", "1000", "commit 79e3602caa6f"},
    {{5, 19}, "tcp_pingpong_thresh", "3", "commit 4d8f24eeedc5"},
    {{5, 8}, "tcp_comp_sack_slack_ns", "0", "commit a70437cc09a1"},
    {{5, 6}, "wrong_syn_ack", "reset", "commit 9603d47bad46"},
    {{5, 4}, "somaxconn", "128", "commit 19f92a030ca6"},
    {{5, 1}, "tcp_pingpong_thresh", "1", "commit 4a41f453bedf"},
    {{4, 20}, "tcp_rmem", "4096 87380 6291456", "commit a337531b942b"},
    {{4, 19}, "tcp_tw_reuse", "0", "commit 79e9fed46038"},
    {{4, 18}, "tcp_comp_sack_nr", "0", "commit 5d9f4262b7ea"},
};

constexpr SettingBirth births[] = {
    {"tcp_rto_max_ms", {6, 15}, "commit 1280c26228bd"},
    {"tcp_tw_reuse_delay", {6, 14}, "commit ca6a6f93867a"},
    {"tcp_rto_min_us", {6, 11}, "commit f086edef71be"},
    {"tcp_pingpong_thresh", {6, 7}, "commit 562b1fdf061b"},
    {"tcp_syn_linear_timeouts", {6, 5}, "commit ccce324dabfe"},
    {"tcp_shrink_window", {6, 5}, "commit b650d953cd39"},
    {"tcp_comp_sack_slack_ns", {5, 8}, "commit a70437cc09a1"},
    {"tcp_min_snd_mss", {5, 2}, "commit 5f3e2bf008c2"},
    {"tcp_comp_sack_nr", {4, 18}, "commit 9c21d2fc41c0"},
    {"tcp_comp_sack_delay_ns", {4, 18}, "commit 6d82aa242092"},
};

/// Undoes a change of a rule.
void undo(std::string_view rule, Profile& profile) {
  if (rule == "wrong_syn_ack") profile.wrong_syn_ack = WrongSynAck::reset;
  if (rule == "always_rack") profile.always_rack = false;
  if (rule == "grows_bursts") profile.grows_bursts = false;
  if (rule == "drops_text_beyond_window") profile.drops_text_beyond_window = false;
}

std::string_view yes_or_no(bool value) { return value ? "yes" : "no"; }

constexpr RuleInfo rules[] = {
    {"rto_formula", "How round trips become a retransmission timeout.",
     [](const Profile& p) -> std::string_view {
       return p.rto_formula == RtoFormula::linux ? "Linux" : "RFC 6298";
     }},
    {"congestion", "Congestion control.",
     [](const Profile& p) -> std::string_view {
       return p.congestion == CongestionAlgorithm::cubic ? "CUBIC" : "Reno";
     }},
    {"retry_budget", "How a retry setting ends retransmission.",
     [](const Profile& p) -> std::string_view {
       return p.retry_budget == RetryBudget::count ? "by count" : "by time";
     }},
    {"orphan_retries_for_0", "What tcp_orphan_retries = 0 means.",
     [](const Profile& p) -> std::string_view {
       return p.orphan_retries_for_0 == 0 ? "none" : "8 retries";
     }},
    {"acks", "When received octets are acknowledged.",
     [](const Profile& p) -> std::string_view {
       return p.acks == AckPolicy::at_once ? "at once" : "quick, then delayed";
     }},
    {"repeated_syn", "What a SYN gets that comes again while its request waits.",
     [](const Profile& p) -> std::string_view {
       switch (p.repeated_syn) {
         case RepeatedSyn::ack: return "ACK";
         case RepeatedSyn::synack: return "SYN-ACK";
         case RepeatedSyn::synack_restart_timer: break;
       }
       return "SYN-ACK, timer anew";
     }},
    {"request_expiry", "What a request leaves behind that used up its retries.",
     [](const Profile& p) -> std::string_view {
       return p.request_expiry == RequestExpiry::silent ? "nothing" : "RST";
     }},
    {"blind_attacks", "What a SYN or a RST does whose number only lies in the window.",
     [](const Profile& p) -> std::string_view {
       return p.blind_attacks == BlindAttacks::rfc793 ? "ends" : "is challenged";
     }},
    {"wrong_syn_ack", "What SYN_SENT answers to an ACK of something it never sent.",
     [](const Profile& p) -> std::string_view {
       return p.wrong_syn_ack == WrongSynAck::reset ? "reset" : "reset, and the SYN again";
     }},
    {"orphan_fin_wait_2", "What an orphan in FIN_WAIT_2 is.",
     [](const Profile& p) -> std::string_view {
       return p.orphan_fin_wait_2 == OrphanFinWait2::record ? "record" : "connection";
     }},
    {"time_wait_restart", "What moves the end of TIME_WAIT.",
     [](const Profile& p) -> std::string_view {
       return p.time_wait_restart == TimeWaitRestart::on_fin ? "a FIN" : "any ACK";
     }},
    {"reset_on_unread", "Whether closing with data unread resets.",
     [](const Profile& p) { return yes_or_no(p.reset_on_unread); }},
    {"drops_text_beyond_window", "Whether text beyond the window is dropped while some is unread.",
     [](const Profile& p) { return yes_or_no(p.drops_text_beyond_window); }},
    {"resets_text_around_fin", "Whether text from before the peer's FIN to beyond it resets.",
     [](const Profile& p) { return yes_or_no(p.resets_text_around_fin); }},
    {"reset_on_keepalive_failure", "Whether the peer gets a RST when keepalive fails.",
     [](const Profile& p) { return yes_or_no(p.reset_on_keepalive_failure); }},
    {"reset_at_fin", "Whether a RST with the number of the peer's FIN counts.",
     [](const Profile& p) { return yes_or_no(p.reset_at_fin); }},
    {"exact_request_resets", "Whether a RST for a half-open request needs the exact number.",
     [](const Profile& p) { return yes_or_no(p.exact_request_resets); }},
    {"user_timeout_of_answered_probes", "Whether TCP_USER_TIMEOUT ends answered window probes.",
     [](const Profile& p) { return yes_or_no(p.user_timeout_of_answered_probes); }},
    {"undoes_spurious_losses", "Whether a reduction for a loss that was none is taken back.",
     [](const Profile& p) { return yes_or_no(p.undoes_spurious_losses); }},
    {"bound_port_reuses_time_wait", "Whether a bound port may take over a pair in TIME_WAIT.",
     [](const Profile& p) { return yes_or_no(p.bound_port_reuses_time_wait); }},
    {"port_order", "In which order a connection's own port is looked for.",
     [](const Profile& p) -> std::string_view {
       return p.port_order == PortOrder::linux ? "by twos, with chance" : "in turn";
     }},
    {"iss_tick", "How often the clock of initial sequence numbers ticks.",
     [](const Profile& p) -> std::string_view { return p.iss_tick == 4us ? "4 us" : "64 ns"; }},
    {"sends_bursts", "Whether segments leave in bursts.",
     [](const Profile& p) { return yes_or_no(p.sends_bursts); }},
    {"grows_bursts", "Whether a small burst takes from what was written next.",
     [](const Profile& p) { return yes_or_no(p.grows_bursts); }},
    {"reads_after_end", "Whether data can be read after a reset.",
     [](const Profile& p) { return yes_or_no(p.reads_after_end); }},
    {"refused_in_simultaneous_open", "Whether a RST refuses a simultaneous open.",
     [](const Profile& p) { return yes_or_no(p.refused_in_simultaneous_open); }},
    {"shutdown_waits_for_handshake", "Whether the FIN of a shutdown in SYN_RCVD waits.",
     [](const Profile& p) { return yes_or_no(p.shutdown_waits_for_handshake); }},
    {"crossed_syn_ack_offers_all", "Whether the answer to a crossed SYN offers all that we can.",
     [](const Profile& p) { return yes_or_no(p.crossed_syn_ack_offers_all); }},
    {"window_updates_are_no_duplicates", "Whether an ACK that may tell a window is no duplicate.",
     [](const Profile& p) { return yes_or_no(p.window_updates_are_no_duplicates); }},
    {"predicts_headers", "Whether data that tells nothing new leaves a probe's timer as it runs.",
     [](const Profile& p) { return yes_or_no(p.predicts_headers); }},
    {"paws", "Which timestamps mark an old duplicate.",
     [](const Profile& p) -> std::string_view {
       return p.paws == Paws::linux ? "Linux" : "RFC 7323";
     }},
    {"always_rack", "Whether tcp_recovery cannot switch RACK off.",
     [](const Profile& p) { return yes_or_no(p.always_rack); }},
    {"repacks_retransmissions", "Whether retransmissions are cut and joined to the window.",
     [](const Profile& p) { return yes_or_no(p.repacks_retransmissions); }},
    {"drops_flagless_first", "Whether a segment without flags is dropped before its number counts.",
     [](const Profile& p) { return yes_or_no(p.drops_flagless_first); }},
    {"drops_syn_with_fin", "Whether LISTEN drops a SYN that carries a FIN.",
     [](const Profile& p) { return yes_or_no(p.drops_syn_with_fin); }},
    {"takes_text_of_syn_ack", "Whether octets and FIN of a SYN-ACK are taken.",
     [](const Profile& p) { return yes_or_no(p.takes_text_of_syn_ack); }},
    {"old_acks_begin_at_iss", "Whether an ACK from below the ISS is challenged.",
     [](const Profile& p) { return yes_or_no(p.old_acks_begin_at_iss); }},
    {"bounds_probes_of_orphans", "Whether an orphan's answered window probes end.",
     [](const Profile& p) { return yes_or_no(p.bounds_probes_of_orphans); }},
    {"time_wait_answers_unheard_syn", "Whether TIME_WAIT answers a SYN where nobody listens.",
     [](const Profile& p) { return yes_or_no(p.time_wait_answers_unheard_syn); }},
    {"requests_outlive_listener", "Whether half-open requests outlive their listener.",
     [](const Profile& p) { return yes_or_no(p.requests_outlive_listener); }},
    {"window_follows_traffic", "Whether the offered window grows with the traffic.",
     [](const Profile& p) { return yes_or_no(p.window_follows_traffic); }},
};

}  // namespace

std::string to_string(KernelVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

std::optional<KernelVersion> kernel_of(ProfileId profile) {
  switch (profile) {
    case ProfileId::linux_6: return KernelVersion{6, 18};
    case ProfileId::linux_4: return KernelVersion{4, 19};
    case ProfileId::rfc9293: return std::nullopt;
    case ProfileId::textbook: return std::nullopt;
    case ProfileId::linux_4_9: return KernelVersion{4, 9};
    case ProfileId::linux_4_19: return KernelVersion{4, 19};
    case ProfileId::linux_5_4: return KernelVersion{5, 4};
    case ProfileId::linux_5_10: return KernelVersion{5, 10};
    case ProfileId::linux_5_15: return KernelVersion{5, 15};
    case ProfileId::linux_6_1: return KernelVersion{6, 1};
    case ProfileId::linux_6_6: return KernelVersion{6, 6};
    case ProfileId::linux_6_12: return KernelVersion{6, 12};
    case ProfileId::linux_6_18: return KernelVersion{6, 18};
  }
  LASTACK_ASSERT(!"a profile");
  return std::nullopt;
}

std::span<const KernelChange> kernel_changes() { return changes; }

const SettingBirth* birth_of_setting(std::string_view name) {
  const auto* found = std::find_if(std::begin(births), std::end(births),
                                   [&](const SettingBirth& birth) { return birth.name == name; });
  return found == std::end(births) ? nullptr : found;
}

void go_back_to(KernelVersion version, Settings& settings) {
  for (const KernelChange& change : changes) {
    if (version >= change.since || find_setting(change.name) == nullptr) continue;
    const auto problem = apply_setting(settings, change.name, change.before);
    LASTACK_ASSERT(!problem);
  }
}

void go_back_to(KernelVersion version, Profile& profile) {
  for (const KernelChange& change : changes) {
    if (version < change.since) undo(change.name, profile);
  }
  // Recordings of 6.18 have it; which release after 4.19 brought it is not known.
  if (version < KernelVersion{5, 0}) profile.exact_request_resets = false;
}

std::span<const RuleInfo> rule_infos() { return rules; }

}  // namespace lastack::tcp
