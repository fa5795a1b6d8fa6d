#include "ladder_steps.hpp"

#include <utility>

namespace lastack::trace {

void Conversation::add(Step step) {
  if (first_.size() < limits_.first_steps) {
    first_.push_back(std::move(step));
    return;
  }
  last_.push_back(std::move(step));
  if (last_.size() > limits_.last_steps) {
    last_.pop_front();
    ++left_out_;
  }
}

Departure* Conversation::departure(std::uint64_t id) {
  const auto is_it = [id](Step& step) {
    auto* departure = std::get_if<Departure>(&step.what);
    return departure != nullptr && departure->id == id ? departure : nullptr;
  };
  for (auto it = last_.rbegin(); it != last_.rend(); ++it) {
    if (Departure* found = is_it(*it)) return found;
  }
  for (auto it = first_.rbegin(); it != first_.rend(); ++it) {
    if (Departure* found = is_it(*it)) return found;
  }
  return nullptr;
}

}  // namespace lastack::trace
