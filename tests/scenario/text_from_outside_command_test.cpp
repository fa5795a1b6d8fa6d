// Names, descriptions and file names reach nobody's terminal, CI server or table calculator as
// commands.
#include <string>

#include <catch2/catch.hpp>

#include "shell.hpp"
#include "small_scenarios.hpp"
#include "small_sweeps.hpp"

using Catch::Matchers::Contains;

namespace {

/// A scenario with a name of ESC, BEL, and a line of its own choice.
std::string hostile(std::string text) {
  const std::string name = R"("name": "x\u001b[2J\u0007\n::error::mine\nnot ok 1 \u202e")";
  const auto at = text.find("\"name\": \"small\"");
  if (at != text.npos) text.replace(at, 15, name);
  const auto description = text.find("One connection");
  if (description != text.npos) text.insert(description, R"(\u001b]0;title\u0007\n::error::two\n)");
  return text;
}

bool is_harmless(const std::string& text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f') return false;
  }
  return text.find("\u202e") == text.npos && text.find("\u0085") == text.npos;
}

}  // namespace

TEST_CASE("run: a scenario's name and description are shown, not obeyed", "[command]") {
  Shell t;
  t.file("s.json", hostile(holds));
  t.lastack("run s.json");
  CHECK(t.exit_code() == 0);
  CHECK(is_harmless(t.out()));
  CHECK_THAT(t.out(), Contains(R"(x\x1b[2J\x07\n::error::mine\nnot ok 1 \u202e)"));
  for (const char* ending : {"txt", "svg", "mmd"}) {
    t.lastack(std::string{"run s.json -q --trace t."} + ending);
    INFO(ending);
    CHECK(is_harmless(t.read(std::string{"t."} + ending)));
  }
}

TEST_CASE("test: a file's name makes no line of its own choice", "[command]") {
  Shell t;
  t.file("a\n::error::mine\x1b[2J.json", fails);
  t.file("b\nnot ok 7.json", "{");
  for (const char* how : {"", "--github", "--tap", "--junit -"}) {
    INFO(how);
    t.lastack(std::string{"test . "} + how);
    CHECK(t.exit_code() == 2);
    CHECK(is_harmless(t.out()));
    CHECK(is_harmless(t.err()));
    CHECK(t.out().find("\n::error::mine") == std::string::npos);
    CHECK(t.out().find("\nnot ok 7") == std::string::npos);
  }
}

TEST_CASE("errors: what is quoted from the command line is shown", "[command]") {
  Shell t;
  t.file("s.json", holds);
  refuses(t, {{"run \"$(printf '\\033[2J')\"", "\\x1b[2J"},
              {"run s.json --trace \"$(printf '\\033')/x.txt\"", "\\x1b/x.txt"},
              {"run s.json --color \"$(printf '\\033')\"", "have \\x1b"},
              {"run s.json \"$(printf -- '--\\033')\"", "\\x1b"},
              {"\"$(printf '\\033')\"", "\\x1b"}});
  CHECK(is_harmless(t.err()));
}

TEST_CASE("errors: bytes that are no UTF-8 are refused with their place", "[command]") {
  Shell t;
  t.file("s.json", holds);
  refuses(t, {{"run s.json --set \"$(printf 'name=\\377')\"", "--set name=\\xff: want UTF-8"},
              {"run s.json --set \"$(printf 'hosts.\\376={}')\"", "want UTF-8"}});
  t.file("bytes.json", "{\"name\": \"\xff\xfe\"}");
  refuses(t, {{"run bytes.json", "bytes.json: line 1, column 11: "}});
}
