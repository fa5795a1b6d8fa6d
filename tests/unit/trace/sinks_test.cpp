#include "lastack/trace/sinks.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "lastack/core/atomic_file.hpp"
#include "scenes.hpp"

using namespace lastack;
using namespace lastack::trace;
namespace fs = std::filesystem;

namespace {

/// What a sink made for such an ending writes of a handshake.
std::string written(const std::string& ending) {
  const std::string path =
      (fs::temp_directory_path() / ("lastack-test-" + std::to_string(::getpid()) + ending))
          .string();
  Scene t;
  t.handshake();
  t.finish().replay(*make_sink(path));
  std::ifstream in{path, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{in}, {}};
  fs::remove(path);
  return content;
}

}  // namespace

TEST_CASE("a sink is chosen by the file's ending", "[trace]") {
  CHECK_THAT(written(".jsonl"), Catch::StartsWith("{\"n\":1,"));
  CHECK_THAT(written(".pcapng"), Catch::StartsWith("\x0a\x0d\x0d\x0a"));
  CHECK_THAT(written(".txt"), Catch::Contains("SYN seq=0"));
}

TEST_CASE("an unknown ending is refused, with the endings there are", "[trace]") {
  CHECK_THROWS_WITH(make_sink("out.gif"),
                    "out.gif: want a file whose ending is one of .jsonl, .pcapng, .txt, .svg, "
                    ".mmd, .html, have .gif");
  CHECK_THROWS_WITH(make_sink("/tmp/trace"),
                    "/tmp/trace: want a file whose ending is one of .jsonl, .pcapng, .txt, .svg, "
                    ".mmd, .html, have none");
  CHECK_FALSE(fs::exists("out.gif"));
}

TEST_CASE("streams and devices get JSON Lines", "[trace]") {
  CHECK(format_of("-") == Format::json_lines);
  CHECK(format_of("/dev/stdout") == Format::json_lines);
  CHECK(format_of("/dev/null") == Format::json_lines);
}

TEST_CASE("a run that breaks off leaves no file", "[trace]") {
  const std::string path =
      (fs::temp_directory_path() / ("lastack-test-" + std::to_string(::getpid()) + ".jsonl"))
          .string();
  {
    const auto sink = make_sink(path);
    sink->begin(Story::two_hosts());
    sink->event(Event{1, 0, sim_start, Receive{1, Story::server}});
  }
  CHECK_FALSE(fs::exists(path));
}
