#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/container_hash/hash.hpp>

#include "lastack/tcp/segment.hpp"

namespace lastack::run {

/// Both ends of a connection, seen from one of them.
struct Ends {
  tcp::SocketAddress local;
  tcp::SocketAddress remote;

  friend bool operator==(const Ends&, const Ends&) = default;
  friend std::size_t hash_value(const Ends& ends) {
    const auto address = [](tcp::SocketAddress a) { return static_cast<std::uint32_t>(a.address); };
    std::size_t hash = std::size_t{address(ends.local)} << 32 | address(ends.remote);
    boost::hash_combine(hash, std::uint32_t{ends.local.port} << 16 | ends.remote.port);
    return hash;
  }
};

}  // namespace lastack::run
