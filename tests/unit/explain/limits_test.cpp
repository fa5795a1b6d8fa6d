#include <string>

#include <catch2/catch.hpp>

#include "explained.hpp"

using Catch::Matchers::Contains;
using namespace lastack;
using namespace lastack::explain;

namespace {

/// The listener's socket is the only one that the server has memory for.
std::string one_socket(const std::string& sysctl) {
  return R"("hosts": {"client": {}, "server": {"limits": {"sockets": 1}, "sysctl": {)" + sysctl +
         R"(}}}, "apps": [)" + listens + R"(, {"host": "client", "connect": "server:80",
    "from_port": 40000, "steps": [{"hold": true}]}])";
}

}  // namespace

TEST_CASE("explain: an ACK that would make one socket too many is discarded by limits.sockets",
          "[explain]") {
  const Explained t{one_socket(R"("tcp_synack_retries": 1)")};
  CHECK_THAT(t.text(), Contains("server threw it away, since there was no memory for another "
                                "socket") &&
                           Contains("limits.sockets = 1") && !Contains("tcp_mem"));
}

TEST_CASE("explain: a handshake that ends in a reset for want of a socket names limits.sockets",
          "[explain]") {
  const Explained t{one_socket(R"("tcp_abort_on_overflow": 1)")};
  const Chain& chain = t.chain("server:80 went from SYN_RCVD to CLOSED: no memory for a socket.");
  CHECK(chain.why == "The handshake was complete, but server had no memory for another socket.");
  CHECK(chain.rule == "limits.sockets = 1");
  CHECK_THAT(t.text(), !Contains("tcp_mem"));
}
