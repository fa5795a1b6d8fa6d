#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "lastack/compare/history.hpp"
#include "lastack/fuzz/witness.hpp"

namespace lastack::test {

/// A witness that is no kernel: what it says is made up by a function of the scenario and of how
/// often this witness was asked before.
class MadeUp final : public fuzz::Witness {
 public:
  using Story =
      std::function<fuzz::Testimony(const scenario::Scenario& scenario, std::uint64_t asked)>;

  explicit MadeUp(Story story) : story_{std::move(story)} {}

  fuzz::Testimony ask(const scenario::Scenario& scenario, const std::atomic<bool>& stop) override;

  std::uint64_t asked() const { return asked_; }

 private:
  Story story_;
  std::atomic<std::uint64_t> asked_{0};
};

/// What a run of the simulator with this seed would be if a kernel had done it.
fuzz::Testimony simulated(const scenario::Scenario& scenario, std::uint64_t seed = 1);

/// A client that opens a connection to a server, sends `bytes` and closes.
std::string hello(std::uint64_t bytes = 100);

}  // namespace lastack::test
