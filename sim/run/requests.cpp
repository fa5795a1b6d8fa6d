#include "requests.hpp"

#include <variant>

namespace lastack::run {

namespace {

/// Whether an application calls nothing any more after this step.
bool is_last(const app::Step& step) {
  return std::holds_alternative<app::CloseStep>(step) ||
         std::holds_alternative<app::AbortStep>(step) ||
         std::holds_alternative<app::HoldStep>(step);
}

/// The last `recv` that is carried out, if a `send` stands before it; else 0.
std::size_t end_of_last_request(const std::vector<app::Step>& steps) {
  std::size_t end = 0;
  bool sent = false;
  for (std::size_t i = 0; i < steps.size() && !is_last(steps[i]); ++i) {
    if (std::holds_alternative<app::SendStep>(steps[i])) sent = true;
    if (sent && std::holds_alternative<app::RecvStep>(steps[i])) end = i;
  }
  return end;
}

}  // namespace

Requests::Requests(const std::vector<app::Connector>& connectors) : connectors_{connectors} {
  ends_at_.reserve(connectors.size());
  for (const app::Connector& each : connectors) {
    ends_at_.push_back(end_of_last_request(each.steps));
  }
}

void Requests::begin(ProcessIndex process) {
  if (process >= open_.size()) open_.resize(process + std::size_t{1});
  open_[process] = {};
}

void Requests::called(SimTime now, ProcessIndex process, const Process& who, std::size_t step,
                      const app::Progress& progress, Tally& tally) {
  if (step > ends_at_[who.program]) return;
  const app::Step& made = connectors_[who.program].steps[step];
  Open& request = open_[process];
  if (std::holds_alternative<app::SendStep>(made)) {
    sends(now, progress, request, tally);
  } else if (const auto* recv = std::get_if<app::RecvStep>(&made); recv != nullptr) {
    if (request.is_open && progress.call) receives(now, *recv, progress, request, tally);
  }
}

void Requests::sends(SimTime now, const app::Progress& progress, Open& request, Tally& tally) {
  if (!request.is_open) {
    request = {.is_open = true};
    ++tally.requests;
  }
  if (progress.bytes_sent > 0 && request.started == never) request.started = now;
  if (std::holds_alternative<tcp::Error>(progress.result)) request.failed = true;
}

/// The `recv` step is over.
void Requests::receives(SimTime now, const app::RecvStep& step, const app::Progress& progress,
                        Open& request, Tally& tally) {
  request.is_open = false;
  const auto* got = std::get_if<std::uint64_t>(&progress.result);
  if (request.failed || got == nullptr || *got < step.bytes.value_or(1)) return;
  ++tally.requests_ok;
  tally.request_times.add(now - request.started);
}

}  // namespace lastack::run
