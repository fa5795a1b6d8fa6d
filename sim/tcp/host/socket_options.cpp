#include <array>
#include <cstddef>
#include <limits>

#include "lastack/core/assert.hpp"
#include "lastack/tcp/stack.hpp"

namespace lastack::tcp {
namespace {

constexpr std::int32_t i32_max = std::numeric_limits<std::int32_t>::max();

struct Row {
  SocketOption option;
  std::string_view name;
  std::int32_t min;
  std::int32_t max;
};

// Ranges are those of setsockopt() in Linux 6.18. Differs: switches take 0 and 1 only, and what the
// kernel takes silently for another value (a negative TCP_DEFER_ACCEPT, TCP_MAXSEG 0) is refused.
constexpr std::array table{
    Row{SocketOption::tcp_user_timeout, "TCP_USER_TIMEOUT", 0, i32_max},
    Row{SocketOption::tcp_syncnt, "TCP_SYNCNT", 1, 127},
    Row{SocketOption::tcp_linger2, "TCP_LINGER2", -1, i32_max},  // -1: no FIN_WAIT_2 after close
    Row{SocketOption::tcp_defer_accept, "TCP_DEFER_ACCEPT", 0, i32_max},
    Row{SocketOption::tcp_keepidle, "TCP_KEEPIDLE", 1, 32767},
    Row{SocketOption::tcp_keepintvl, "TCP_KEEPINTVL", 1, 32767},
    Row{SocketOption::tcp_keepcnt, "TCP_KEEPCNT", 1, 127},
    Row{SocketOption::tcp_nodelay, "TCP_NODELAY", 0, 1},
    Row{SocketOption::tcp_quickack, "TCP_QUICKACK", 0, 1},
    Row{SocketOption::tcp_cork, "TCP_CORK", 0, 1},
    Row{SocketOption::tcp_maxseg, "TCP_MAXSEG", 88, 32767},
    Row{SocketOption::so_keepalive, "SO_KEEPALIVE", 0, 1},
    Row{SocketOption::so_reuseaddr, "SO_REUSEADDR", 0, 1},
    Row{SocketOption::so_linger, "SO_LINGER", 0, i32_max},
    Row{SocketOption::so_rcvbuf, "SO_RCVBUF", 0, i32_max},
    Row{SocketOption::so_sndbuf, "SO_SNDBUF", 0, i32_max},
};

const Row& row_of(SocketOption option) {
  const auto index = static_cast<std::size_t>(option);
  LASTACK_ASSERT(index < table.size());
  LASTACK_ASSERT(table[index].option == option);
  return table[index];
}

}  // namespace

std::string_view name_of(SocketOption option) { return row_of(option).name; }

std::optional<SocketOption> socket_option_named(std::string_view name) {
  for (const Row& row : table) {
    if (row.name == name) return row.option;
  }
  return std::nullopt;
}

std::pair<std::int32_t, std::int32_t> socket_option_range(SocketOption option) {
  const Row& row = row_of(option);
  return {row.min, row.max};
}

}  // namespace lastack::tcp
