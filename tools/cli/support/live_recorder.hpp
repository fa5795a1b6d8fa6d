#pragma once

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "lastack/compare/history.hpp"
#include "lastack/kernel/lab.hpp"
#include "lastack/scenario/scenario.hpp"

namespace lastack::cli {

/// Whether this machine lets a lab work; what is missing, and what is done without, has been said.
bool can_record_live(const std::string& command);

/// A scenario that this machine's kernel cannot be asked about: what() says why.
class NotRecorded : public std::runtime_error {
 public:
  enum class Reason {
    skipped,  ///< the kernel lacks a setting, or cannot do what the scenario wants
    late,     ///< in every try
  };
  NotRecorded(Reason reason, const std::string& text) : std::runtime_error{text}, reason_{reason} {}

  Reason reason() const { return reason_; }

 private:
  Reason reason_;
};

/// What this machine's own kernel does in a scenario, so many times, in the form of recordings in a
/// file; fewer when `stop` turned true. Throws NotRecorded, and what kernel::record throws.
std::vector<compare::History> record_live(const scenario::Scenario& scenario, unsigned repeat,
                                          const std::atomic<bool>& stop);

}  // namespace lastack::cli
