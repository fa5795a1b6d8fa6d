#pragma once

#include <memory>

#include "lastack/compare/history.hpp"
#include "lastack/event/event.hpp"

namespace lastack::compare {

/// Makes the History of a run while it runs: the same that reading its JSON Lines would give.
class HistorySink final : public trace::Sink {
 public:
  HistorySink();
  ~HistorySink() override;

  void begin(const trace::Names& names) override;
  void event(const trace::Event& event) override;
  void end(SimTime at) override;

  /// What was seen. Required at most once, and last.
  History take();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastack::compare
