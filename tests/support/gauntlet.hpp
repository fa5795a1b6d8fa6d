#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lastack/tcp/stack.hpp"
#include "support/driven_stack.hpp"

namespace lastack::test {

/// One Stack under a stream of arbitrary events: calls of its application in any state, segments
/// with any flags and numbers near (or far from) the window, timeouts. What comes is read from
/// bytes, so a fuzzer or a property test can search for bytes that break a rule. The rules checked
/// here are those that hold whatever a peer sends; the Stack's own assertions are the others.
class Gauntlet {
 public:
  /// The first bytes choose profile, role, settings and options.
  explicit Gauntlet(std::span<const std::uint8_t> bytes);

  /// Runs until the bytes are used up. Throws std::logic_error with the rule that was broken.
  void run();

  /// What happened, a line for each step.
  std::string story() const;

 private:
  /// What the peer can know of one connection.
  struct Flow {
    tcp::SocketAddress local;
    tcp::SocketAddress remote;
    tcp::Seq iss{};       ///< of our Stack, when seen
    tcp::Seq sent_end{};  ///< after the last octet seen from it
    tcp::Seq acknowledged{};
    std::uint32_t window = 0;
    tcp::Timestamp ts_val;
    std::optional<tcp::SocketId> socket{};
  };

  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte();
  std::uint16_t word();
  std::uint32_t number();
  template <typename T, std::size_t n> T one_of(const std::array<T, n>& choices) {
    return choices[byte() % n];
  }

  static tcp::StackConfig choose_config(Gauntlet& g);
  void listen();
  void walk_ahead();
  void step();
  void arrive();
  void arrive(tcp::Flags flags, tcp::Seq seq, tcp::Seq ack, std::uint32_t data);
  void add_options(tcp::Segment& segment);
  tcp::Seq choose_seq();
  tcp::Seq choose_ack();
  void pass_time();
  void run_until(SimTime end);
  void call();
  void call_socket(tcp::SocketId socket, std::uint8_t which);
  void open_socket();
  void accept();
  void absorb();
  void check_sent(const tcp::Segment& segment);
  void require(bool holds, const std::string& rule) const;
  void note(std::string step) { story_.push_back(std::move(step)); }

  std::span<const std::uint8_t> bytes_;
  DrivenStack driven_;
  std::vector<tcp::SocketOptionValue> options_;
  std::optional<tcp::ListenerId> listener_;
  std::vector<Flow> flows_;
  std::size_t current_ = 0;
  SimTime now_ = sim_start;
  std::uint64_t octets_arrived_ = 0;
  std::uint64_t octets_read_ = 0;
  std::vector<std::string> story_;
};

}  // namespace lastack::test
