#include "lastack/tcp/counters.hpp"

#include <array>

namespace lastack::tcp {

namespace {

constexpr std::array<CounterInfo, 49> infos{{
    {"TcpActiveOpens", &Counters::ActiveOpens},
    {"TcpPassiveOpens", &Counters::PassiveOpens},
    {"TcpAttemptFails", &Counters::AttemptFails},
    {"TcpEstabResets", &Counters::EstabResets},
    {"TcpInSegs", &Counters::InSegs},
    {"TcpOutSegs", &Counters::OutSegs},
    {"TcpRetransSegs", &Counters::RetransSegs},
    {"TcpOutRsts", &Counters::OutRsts},
    {"TcpExtSyncookiesSent", &Counters::SyncookiesSent},
    {"TcpExtSyncookiesRecv", &Counters::SyncookiesRecv},
    {"TcpExtSyncookiesFailed", &Counters::SyncookiesFailed},
    {"TcpExtListenOverflows", &Counters::ListenOverflows},
    {"TcpExtListenDrops", &Counters::ListenDrops},
    {"TcpExtTCPReqQFullDrop", &Counters::TCPReqQFullDrop},
    {"TcpExtTCPReqQFullDoCookies", &Counters::TCPReqQFullDoCookies},
    {"TcpExtTCPDeferAcceptDrop", &Counters::TCPDeferAcceptDrop},
    {"TcpExtTCPTimeouts", &Counters::TCPTimeouts},
    {"TcpExtTCPSynRetrans", &Counters::TCPSynRetrans},
    {"TcpExtTCPLossProbes", &Counters::TCPLossProbes},
    {"TcpExtTCPFastRetrans", &Counters::TCPFastRetrans},
    {"TcpExtTCPSlowStartRetrans", &Counters::TCPSlowStartRetrans},
    {"TcpExtTCPSpuriousRTOs", &Counters::TCPSpuriousRTOs},
    {"TcpExtTCPDelivered", &Counters::TCPDelivered},
    {"TcpExtTCPDSACKRecv", &Counters::TCPDSACKRecv},
    {"TcpExtTCPOFOQueue", &Counters::TCPOFOQueue},
    {"TcpExtTCPOFODrop", &Counters::TCPOFODrop},
    {"TcpExtTCPRcvQDrop", &Counters::TCPRcvQDrop},
    {"TcpExtPruneCalled", &Counters::PruneCalled},
    {"TcpExtTCPMemoryPressures", &Counters::TCPMemoryPressures},
    {"TcpExtTCPChallengeACK", &Counters::TCPChallengeACK},
    {"TcpExtTCPSYNChallenge", &Counters::TCPSYNChallenge},
    {"TcpExtTCPACKSkippedSynRecv", &Counters::TCPACKSkippedSynRecv},
    {"TcpExtTCPACKSkippedChallenge", &Counters::TCPACKSkippedChallenge},
    {"TcpExtTCPAbortOnData", &Counters::TCPAbortOnData},
    {"TcpExtTCPAbortOnClose", &Counters::TCPAbortOnClose},
    {"TcpExtTCPAbortOnMemory", &Counters::TCPAbortOnMemory},
    {"TcpExtTCPAbortOnTimeout", &Counters::TCPAbortOnTimeout},
    {"TcpExtTCPAbortOnLinger", &Counters::TCPAbortOnLinger},
    {"TcpExtTCPAbortFailed", &Counters::TCPAbortFailed},
    {"TcpExtTCPKeepAlive", &Counters::TCPKeepAlive},
    {"TcpExtDelayedACKs", &Counters::DelayedACKs},
    {"TcpExtPAWSEstab", &Counters::PAWSEstab},
    {"TcpExtPAWSActive", &Counters::PAWSActive},
    {"TcpExtPAWSOldAck", &Counters::PAWSOldAck},
    {"TcpExtTSEcrRejected", &Counters::TSEcrRejected},
    {"TcpExtTCPRetransFail", &Counters::TCPRetransFail},
    {"TcpExtTW", &Counters::TW},
    {"TcpExtTWRecycled", &Counters::TWRecycled},
    {"TcpExtTCPTimeWaitOverflow", &Counters::TCPTimeWaitOverflow},
}};

}  // namespace

std::span<const CounterInfo> counter_infos() { return infos; }

}  // namespace lastack::tcp
