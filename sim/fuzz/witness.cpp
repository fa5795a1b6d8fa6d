#include "lastack/fuzz/witness.hpp"

#include <filesystem>
#include <semaphore>
#include <utility>

#include "json.hpp"
#include "lastack/compare/check_case.hpp"
#include "lastack/compare/read.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/kernel/lab.hpp"
#include "machine_lag.hpp"

namespace lastack::fuzz {

namespace {

/// One of a limited number of places, until the scope ends.
class Place {
 public:
  explicit Place(std::counting_semaphore<>& places) : places_{places} { places_.acquire(); }
  ~Place() { places_.release(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::counting_semaphore<>& places_;
};

class KernelWitness final : public Witness {
 public:
  explicit KernelWitness(unsigned labs) : labs_{static_cast<std::ptrdiff_t>(labs)} {}

  Testimony ask(const scenario::Scenario& scenario, const std::atomic<bool>& stop) override {
    using Outcome = Testimony::Outcome;
    const auto refusals = kernel::refusals(scenario);
    if (!refusals.empty()) return {Outcome::skipped, refusals.front().what()};
    const Place place{labs_};
    for (unsigned tries = 1;; ++tries) {
      if (stop) return {Outcome::interrupted};
      try {
        return testimony_of(scenario, kernel::record(scenario, {}, &stop));
      } catch (const scenario::ScenarioError& error) {
        return {Outcome::skipped, error.pointer() + ": " + error.problem()};  // a setting's value
      } catch (const kernel::LabError& error) {
        // One of thousands of labs must not end the others.
        if (tries == tries_max) return {Outcome::skipped, error.what()};
      }
    }
  }

 private:
  static constexpr unsigned tries_max = 3;

  static Testimony testimony_of(const scenario::Scenario& scenario,
                                const kernel::LabResult& result) {
    using Outcome = Testimony::Outcome;
    switch (result.outcome) {
      case kernel::Outcome::skipped: return {Outcome::skipped, result.reason};
      case kernel::Outcome::late: return {Outcome::late};
      case kernel::Outcome::interrupted: return {Outcome::interrupted};
      case kernel::Outcome::recorded: break;
    }
    Recording recording;
    recording.json = kernel::recordings_json(scenario, std::span{&*result.run, 1});
    recording.history = compare::read_recordings(recording.json, "this machine").front();
    return {Outcome::recorded, "", std::move(recording)};
  }

  std::counting_semaphore<> labs_;
};

class SimulatorModel final : public Model {
 public:
  explicit SimulatorModel(std::vector<scenario::Override> overrides)
      : overrides_{std::move(overrides)} {}

  std::optional<compare::History> account(const std::string& name, const std::string& json,
                                          std::size_t place,
                                          const std::atomic<bool>& stop) const override {
    auto scenario = scenario::parse_scenario(json, name + ".json", overrides_);
    const std::uint64_t seed = compare::nth_seed(scenario, place);
    if (place % 4 == 1) add_machine_lag(scenario, Machine::slow_wire, place);
    if (place % 4 == 3) add_machine_lag(scenario, Machine::busy_processor, place / 4 + 1);
    return compare::history_of_run(scenario, seed, &stop);
  }

 private:
  std::vector<scenario::Override> overrides_;
};

class RecordingsModel final : public Model {
 public:
  explicit RecordingsModel(std::string folder) : folder_{std::move(folder)} {}

  std::optional<compare::History> account(const std::string& name, const std::string&,
                                          std::size_t place,
                                          const std::atomic<bool>&) const override {
    const auto path = std::filesystem::path{folder_} / (name + ".trace.json");
    auto histories = compare::read_histories(path.string());
    if (place >= histories.size()) return std::nullopt;
    return std::move(histories[place]);
  }

 private:
  std::string folder_;
};

}  // namespace

std::unique_ptr<Witness> kernel_witness(unsigned labs) {
  return std::make_unique<KernelWitness>(labs);
}

std::unique_ptr<Model> simulator_model(std::vector<scenario::Override> overrides) {
  return std::make_unique<SimulatorModel>(std::move(overrides));
}

std::unique_ptr<Model> recordings_model(std::string folder) {
  return std::make_unique<RecordingsModel>(std::move(folder));
}

std::string joined(std::span<const Recording> recordings) {
  LASTACK_ASSERT(!recordings.empty());
  Json all = Json::array();
  for (const Recording& recording : recordings) {
    const Json file = Json::parse(recording.json);
    for (const Json& one : file["recordings"]) all.push_back(one);
  }
  return Json{{"recordings", std::move(all)}}.dump() + "\n";
}

}  // namespace lastack::fuzz
