#include "broken_connections.hpp"

#include <utility>

namespace lastack::run {

Ends BrokenConnections::either_way(tcp::SocketAddress a, tcp::SocketAddress b) {
  const auto place = [](tcp::SocketAddress end) { return std::pair{end.address, end.port}; };
  return place(a) < place(b) ? Ends{a, b} : Ends{b, a};
}

bool BrokenConnections::first(tcp::SocketAddress local, tcp::SocketAddress remote, Told what) {
  Told& told = told_[either_way(local, remote)];
  const bool fresh = (told & what) == 0;
  told = static_cast<Told>(told | what);
  return fresh;
}

}  // namespace lastack::run
