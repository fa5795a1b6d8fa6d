// Which tracing instances are somebody's. A plain folder stands for tracefs: as the kernel removes
// no instance that is held, a file system removes no folder that is not empty.
#include "kernel/tracing_instance.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "kernel/slot.hpp"
#include "lastack/kernel/lab.hpp"

namespace fs = std::filesystem;
using namespace lastack::kernel;

namespace {

class FakeInstances {
 public:
  FakeInstances() {
    std::string name = (fs::temp_directory_path() / "lastack-instances-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~FakeInstances() { fs::remove_all(folder_); }
  FakeInstances(const FakeInstances&) = delete;
  FakeInstances& operator=(const FakeInstances&) = delete;

  void of_nobody(const std::string& name) const { fs::create_directory(folder_ / name); }
  void held(const std::string& name) const {
    of_nobody(name);
    std::ofstream{folder_ / name / "tracing_on"} << "1";
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator{folder_})
      names.push_back(each.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string folder() const { return folder_.string(); }

 private:
  fs::path folder_;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("tracing instances: those of dead labs are removed, all others stay", "[kernel]") {
  const FakeInstances fake;
  for (const char* name : {"lastack-kernel-31998", "lastack-kernel-31999"}) fake.of_nobody(name);
  for (const char* name : {"lastack-kernel-1", "other-held"}) fake.held(name);
  for (const char* name : {"lastack-kernel-", "lastack-kernel-2x", "lastack-kernel--3", "mine"}) {
    fake.of_nobody(name);
  }
  remove_instances_of_the_dead(fake.folder());
  CHECK(fake.names() == Names{"lastack-kernel-", "lastack-kernel--3", "lastack-kernel-1",
                              "lastack-kernel-2x", "mine", "other-held"});
}

TEST_CASE("tracing instances: without tracefs there is nothing to remove", "[kernel]") {
  const FakeInstances fake;
  remove_instances_of_the_dead(fake.folder() + "/none");
  remove_instances_of_the_dead("");
  CHECK(fake.names().empty());
}

TEST_CASE("tracing instance: one that another holds is not claimed, and stays", "[kernel]") {
  const FakeInstances fake;
  fake.held("lastack-kernel-5");
  CHECK_FALSE(TracingInstance::claim(fake.folder(), 5));
  CHECK(fake.names() == Names{"lastack-kernel-5"});
}

TEST_CASE("tracing instance: where none can be made the problem is told", "[kernel]") {
  const FakeInstances fake;
  CHECK_THROWS_WITH(TracingInstance::claim(fake.folder() + "/none", 5),
                    Catch::Contains("/none/lastack-kernel-5: No such file or directory"));
}

TEST_CASE("slot: two labs of one network namespace have different numbers", "[kernel]") {
  const Slot one{""};
  const Slot two{""};
  CHECK(one.number() != two.number());
  CHECK(one.number() < Slot::count);
  CHECK(two.number() < Slot::count);
  CHECK_FALSE(one.instance());
}
