#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lastack/app/program.hpp"
#include "lastack/app/step_runner.hpp"
#include "lastack/core/time.hpp"
#include "process_table.hpp"
#include "tally.hpp"

namespace lastack::run {

/// The requests of connectors: what is sent, and the answer that is waited for.
///
/// A request begins with a `send` step that a `recv` step follows on the same connection, whatever
/// steps stand between them; further `send` steps before that `recv` belong to it. It is answered
/// when the `recv` step has got all its octets, or with "eof" some and then the peer's FIN. It
/// failed when one of its steps failed or EOF cut it short. A connector without such steps costs
/// nothing.
class Requests {
 public:
  explicit Requests(const std::vector<app::Connector>& connectors);

  /// Whether processes of this connector make requests.
  bool makes(std::uint32_t connector) const { return ends_at_[connector] > 0; }

  // --- Of connectors that make requests ---

  /// A process begins, without a request.
  void begin(ProcessIndex process);
  /// The process made the call of its step with that index, which came to this.
  void called(SimTime now, ProcessIndex process, const Process& who, std::size_t step,
              const app::Progress& progress, Tally& tally);

 private:
  /// The request that a process waits for.
  struct Open {
    bool is_open = false;
    bool failed = false;      ///< a step of it
    SimTime started = never;  ///< when TCP took its first octet
  };
  static void sends(SimTime now, const app::Progress& progress, Open& request, Tally& tally);
  static void receives(SimTime now, const app::RecvStep& step, const app::Progress& progress,
                       Open& request, Tally& tally);

  const std::vector<app::Connector>& connectors_;
  std::vector<std::size_t> ends_at_;  ///< by connector: the step that ends its last request; or 0
  std::vector<Open> open_;            ///< by ProcessIndex
};

}  // namespace lastack::run
