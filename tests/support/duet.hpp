#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lastack/core/time.hpp"
#include "lastack/tcp/stack.hpp"
#include "support/driven_stack.hpp"

namespace lastack::test {

/// What the wire does to a segment.
struct Fate {
  bool lost = false;
  SimDuration late{};                       ///< beyond the wire's delay
  std::optional<SimDuration> copy_later{};  ///< a copy comes this much after it
};

/// Which side closes first, and how.
enum class Closing : std::uint8_t {
  client_first,  ///< half-closes when it has sent all; the server follows at the end of its stream
  server_first,  ///< the same the other way round
  together,      ///< both half-close as soon as they are connected and have sent all
  orphaned,  ///< both give their sockets up at once, without waiting for anything (needs no data)
};

/// How the connection comes to be.
enum class Opening : std::uint8_t { listener, simultaneous };

/// What the two applications do.
struct Play {
  Opening opening = Opening::listener;
  Closing closing = Closing::client_first;
  std::uint64_t client_bytes = 0;
  std::uint64_t server_bytes = 0;
};

/// How it ended for one side.
struct Part {
  tcp::Error error = tcp::Error::none;  ///< the first that a call returned
  std::uint64_t received = 0;
  bool connected = false;
  bool end_of_stream = false;
  bool closed = false;       ///< the application gave its socket up
  bool socket_left = false;  ///< its TCP still holds a connection when nothing can happen any more
};

/// Two Stacks joined by a wire with delay, on which the test decides the fate of each segment by
/// its number. After each event the rules are checked that hold for every exchange; the first one
/// broken is in `broken`, with the story so far.
class Duet {
 public:
  using Wire = std::function<Fate(std::uint64_t number, const tcp::Segment& segment)>;

  /// `ours` are the configurations of both sides but for names and addresses.
  Duet(tcp::StackConfig client, tcp::StackConfig server, SimDuration delay, Wire wire);

  /// Runs the play until nothing is left to happen, or a rule is broken.
  void run(const Play& play);

  const Part& client() const { return sides_[0].part; }
  const Part& server() const { return sides_[1].part; }
  std::uint64_t segments() const { return segments_; }
  const std::string& broken() const { return broken_; }
  std::string story() const;

  /// Initial sequence numbers; set before `run`.
  tcp::Seq client_iss{1000};
  tcp::Seq server_iss{5000};
  std::vector<tcp::SocketOptionValue> options{};
  std::uint64_t segments_max = 10'000;  ///< more is a storm

 private:
  struct Side {
    explicit Side(const tcp::StackConfig& config) : driven{config} {}

    DrivenStack driven;
    tcp::SocketAddress local;
    Part part{};
    std::optional<tcp::SocketId> socket{};
    std::optional<tcp::ListenerId> listener{};
    std::uint64_t to_send = 0;
    std::uint64_t expected = 0;
    bool shut = false;
    // As seen on the wire; counted from the initial sequence number, so that nothing wraps
    std::uint64_t sent_end = 0;  ///< highest octet sent, SYN and FIN included
    std::uint64_t edge = 0;      ///< highest right edge it announced
    unsigned shift = 0;
    bool scales = false;
    bool syn_sent = false;
  };
  struct InFlight {
    std::size_t to;
    tcp::Segment segment;
  };

  void open(std::size_t side, const Play& play);
  void perform(std::size_t side, const Play& play);
  void read(Side& side);
  void write(Side& side);
  void finish(std::size_t side, const Play& play);
  void note_error(Side& side, tcp::Error error);
  void transmit(std::size_t from);
  void put_on_wire(std::size_t from, const tcp::Segment& segment);
  void check_sent(std::size_t from, const tcp::Segment& segment);
  void check_window(std::size_t from, const tcp::Segment& segment);
  bool step(const Play& play);
  void look_at_the_end();
  void breaks(const std::string& rule);

  std::vector<Side> sides_;
  SimDuration delay_;
  Wire wire_;
  SimTime now_ = sim_start;
  std::multimap<SimTime, InFlight> in_flight_;  ///< of one instant in the order of insertion
  std::uint64_t segments_ = 0;
  std::string broken_;
  std::vector<std::string> story_;
};

}  // namespace lastack::test
