// Where there is no Linux there is nothing to record on.
#include "lastack/core/assert.hpp"
#include "lastack/kernel/lab.hpp"

namespace lastack::kernel {

Rights check_rights() { return {{"this system is not Linux"}, {}}; }

void remove_leftovers() {}

std::vector<scenario::ScenarioError> refusals(const scenario::Scenario&) { return {}; }

LabResult record(const scenario::Scenario&, const LabOptions&, const std::atomic<bool>*) {
  throw LabError{"this system is not Linux"};
}

std::string recordings_json(const scenario::Scenario&, std::span<const KernelRun>) {
  throw LabError{"this system is not Linux"};
}

}  // namespace lastack::kernel
