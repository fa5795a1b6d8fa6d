#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lastack/core/atomic_file.hpp"
#include "lastack/event/event.hpp"

namespace lastack::trace {

struct PcapngOptions {
  /// Bytes kept of each packet, IPv4 header included. Payload is zeros anyway.
  std::uint32_t snaplen = 65535;
  /// Packets held back at most while the fate of an earlier one is not known yet. Past that the
  /// earlier one is written without its comment.
  std::size_t held_max = 100'000;
};

/// The trace as a capture that Wireshark opens (pcapng, draft-ietf-opsawg-pcapng): nanosecond
/// timestamps counted from the simulation's start, one interface for each host's end of each link,
/// IPv4 with TCP or UDP. A packet is seen where it leaves a host and where it enters one; both
/// have the same `epb_packetid`. What the network did to it, and the state changes around it, are
/// its comments. Payload is zeros. A corrupted packet has a wrong TCP checksum where it arrives.
class PcapngSink final : public Sink {
 public:
  /// Writes to `out`, which it owns.
  explicit PcapngSink(std::unique_ptr<ByteWriter> out, PcapngOptions options = {});
  ~PcapngSink() override;

  void begin(const Names& names) override;
  void event(const Event& event) override;  ///< throws OutputError
  void end(SimTime at) override;            ///< commits the file; throws OutputError

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::trace
