#include "socket_table.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lastack/kernel/lab.hpp"

namespace lastack::kernel {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 18U;
/// include/net/tcp_states.h goes one further than netinet/tcp.h.
constexpr unsigned tcp_new_syn_recv = 12;

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

constexpr std::uint32_t bit(unsigned state) { return std::uint32_t{1} << state; }

/// Every state but LISTEN, and none of the sockets that are only bound.
constexpr std::uint32_t wanted_states = (bit(tcp_new_syn_recv + 1) - 1) & ~bit(TCP_LISTEN);

Request request(std::uint16_t type, std::uint16_t flags) {
  Request r;
  r.header.nlmsg_len = sizeof r;
  r.header.nlmsg_type = type;
  r.header.nlmsg_flags = flags;
  r.body.sdiag_family = AF_INET;
  r.body.sdiag_protocol = IPPROTO_TCP;
  r.body.idiag_states = wanted_states;
  return r;
}

}  // namespace

std::optional<tcp::State> state_numbered(unsigned number) {
  using tcp::State;
  switch (number) {
    case TCP_ESTABLISHED: return State::established;
    case TCP_SYN_SENT: return State::syn_sent;
    case TCP_SYN_RECV: return State::syn_rcvd;
    case TCP_FIN_WAIT1: return State::fin_wait_1;
    case TCP_FIN_WAIT2: return State::fin_wait_2;
    case TCP_TIME_WAIT: return State::time_wait;
    case TCP_CLOSE: return State::closed;
    case TCP_CLOSE_WAIT: return State::close_wait;
    case TCP_LAST_ACK: return State::last_ack;
    case TCP_LISTEN: return State::listen;
    case TCP_CLOSING: return State::closing;
    case tcp_new_syn_recv: return State::syn_rcvd;
  }
  return std::nullopt;
}

SocketTable::SocketTable(const NetNamespace& space) : buffer_(buffer_bytes) {
  space.inside([this] {
    fd_.reset(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!fd_.open()) throw_errno("cannot open sock_diag (CONFIG_INET_DIAG)");
  });
}

void SocketTable::ask() {
  const Request r = request(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP);
  if (send(fd_.get(), &r, sizeof r, 0) != static_cast<ssize_t>(sizeof r)) {
    throw_errno("cannot ask sock_diag");
  }
}

const std::vector<SocketRow>& SocketTable::read() {
  rows_.clear();
  ids_.clear();
  ask();
  while (true) {
    const ssize_t got = recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw_errno("cannot read from sock_diag");
    if (take_in(static_cast<std::size_t>(got)) == More::no) return rows_;
  }
}

SocketTable::More SocketTable::take_in(std::size_t bytes) {
  std::size_t at = 0;
  while (at + sizeof(nlmsghdr) <= bytes) {
    nlmsghdr header{};
    std::memcpy(&header, buffer_.data() + at, sizeof header);
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return More::no;
    inet_diag_msg row{};
    if (header.nlmsg_len < NLMSG_HDRLEN + sizeof row || at + header.nlmsg_len > bytes) break;
    std::memcpy(&row, buffer_.data() + at + NLMSG_HDRLEN, sizeof row);
    if (const auto state = state_numbered(row.idiag_state)) {
      rows_.push_back({ntohs(row.id.idiag_sport), ntohs(row.id.idiag_dport),
                       tcp::Address{ntohl(row.id.idiag_dst[0])}, *state, row.idiag_timer != 0});
      const auto* id = reinterpret_cast<const std::uint8_t*>(&row.id);
      ids_.emplace_back(id, id + sizeof row.id);
    }
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return More::yes;
}

void SocketTable::destroy_all() {
  try {
    read();
  } catch (const LabError&) {
    return;  // the namespace lasts a little longer then
  }
  for (const Bytes& id : ids_) {
    Request r = request(SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK);
    std::memcpy(&r.body.id, id.data(), sizeof r.body.id);
    if (send(fd_.get(), &r, sizeof r, 0) < 0) return;
    if (recv(fd_.get(), buffer_.data(), buffer_.size(), 0) < 0) return;
  }
}

}  // namespace lastack::kernel
