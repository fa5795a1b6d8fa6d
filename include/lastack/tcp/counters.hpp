#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lastack::tcp {

/// What `nstat -az` counts, by Linux's names (SNMP counters,
/// Documentation/networking/snmp_counter.rst), for one host since it started.
struct Counters {
  // Tcp
  std::uint64_t ActiveOpens = 0;
  std::uint64_t PassiveOpens = 0;
  std::uint64_t AttemptFails = 0;
  std::uint64_t EstabResets = 0;  ///< from ESTABLISHED or CLOSE_WAIT to CLOSED (RFC 4022)
  std::uint64_t InSegs = 0;
  std::uint64_t OutSegs = 0;  ///< without those that only repeat (RFC 4022)
  std::uint64_t RetransSegs = 0;
  std::uint64_t OutRsts = 0;
  // TcpExt
  std::uint64_t SyncookiesSent = 0;
  std::uint64_t SyncookiesRecv = 0;
  std::uint64_t SyncookiesFailed = 0;
  std::uint64_t ListenOverflows = 0;
  std::uint64_t ListenDrops = 0;
  std::uint64_t TCPReqQFullDrop = 0;
  std::uint64_t TCPReqQFullDoCookies = 0;
  std::uint64_t TCPDeferAcceptDrop = 0;
  std::uint64_t TCPTimeouts = 0;
  std::uint64_t TCPSynRetrans = 0;
  std::uint64_t TCPLossProbes = 0;
  std::uint64_t TCPFastRetrans = 0;
  std::uint64_t TCPSlowStartRetrans = 0;
  std::uint64_t TCPSpuriousRTOs = 0;
  std::uint64_t TCPDelivered = 0;
  std::uint64_t TCPDSACKRecv = 0;
  std::uint64_t TCPOFOQueue = 0;
  std::uint64_t TCPOFODrop = 0;
  std::uint64_t TCPRcvQDrop = 0;
  std::uint64_t PruneCalled = 0;
  std::uint64_t TCPMemoryPressures = 0;
  std::uint64_t TCPChallengeACK = 0;
  std::uint64_t TCPSYNChallenge = 0;
  std::uint64_t TCPACKSkippedSynRecv = 0;
  std::uint64_t TCPACKSkippedChallenge = 0;
  std::uint64_t TCPAbortOnData = 0;
  std::uint64_t TCPAbortOnClose = 0;
  std::uint64_t TCPAbortOnMemory = 0;
  std::uint64_t TCPAbortOnTimeout = 0;
  std::uint64_t TCPAbortOnLinger = 0;
  std::uint64_t TCPAbortFailed = 0;
  std::uint64_t TCPKeepAlive = 0;
  std::uint64_t DelayedACKs = 0;
  std::uint64_t PAWSEstab = 0;
  std::uint64_t PAWSActive = 0;
  std::uint64_t PAWSOldAck = 0;
  std::uint64_t TSEcrRejected = 0;
  std::uint64_t TCPRetransFail = 0;  ///< beyond a window that the peer took back
  std::uint64_t TW = 0;
  std::uint64_t TWRecycled = 0;
  std::uint64_t TCPTimeWaitOverflow = 0;
};

/// A counter's name and where it stands, for printing them all.
struct CounterInfo {
  std::string_view name;  ///< with its group: "TcpExtListenOverflows"
  std::uint64_t Counters::*value;
};
std::span<const CounterInfo> counter_infos();

}  // namespace lastack::tcp
