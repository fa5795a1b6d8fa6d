#!/usr/bin/env python3
"""Each rule of check_sources.py finds what it forbids, and leaves alone what only looks like it."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check_sources  # noqa: E402


def findings(path: str, text: str, cmake: str | None = None) -> list[str]:
    """What the rules say of one file in an otherwise empty tree, which CMake lists unless asked not to."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        file = root / path
        file.parent.mkdir(parents=True)
        guard = "#pragma once\n" if path.endswith(".hpp") else ""
        file.write_text(guard + text, encoding="utf-8")
        listing = f"add_library(x {file.name})" if cmake is None else cmake
        if path.endswith(".cpp"):
            (file.parent / "CMakeLists.txt").write_text(listing, encoding="utf-8")
        return [finding.message for finding in check_sources.check_tree(root)]


NAMES = 'std::string_view name_of(Why why) {\n  switch (why) {\n    case Why::rst_arrives: return "rst arrives";\n  }\n}\n'

FORBIDDEN = [
    ("sim/tcp/a.cpp", '#include "lastack/net/link.hpp"', "no layer below it"),
    ("include/lastack/core/a.hpp", '#include "lastack/tcp/seq.hpp"', "no layer below it"),
    ("sim/net/a.cpp", '#include "lastack/trace/jsonl.hpp"', "no layer below it"),
    ("sim/run/a.cpp", '#include "lastack/trace/jsonl.hpp"', "no layer below it"),
    ("sim/compare/a.cpp", '#include "lastack/batch/runner.hpp"', "no layer below it"),
    ("sim/explain/a.cpp", '#include "lastack/run/summary.hpp"', "no layer below it"),
    ("include/lastack/tcp/a.hpp", '#include "lastack/core/scheduler.hpp"', "tcp knows no Scheduler"),
    ("tools/a.cpp", '#include "../sim/scenario/axis.hpp"', "private to scenario"),
    ("sim/compare/a.hpp", '#include "../scenario/axis.hpp"', "private to scenario"),
    ("sim/tcp/host/a.hpp", '#include "../../core/a.hpp"', "private to core"),
    ("include/lastack/run/a.hpp", '#include "../../../sim/net/b.hpp"', "private to net"),
    ("tests/unit/run/a.cpp", '#include "../../../sim/net/b.hpp"', "private to net"),
    ("tests/fuzz/segment_fuzz.cpp", '#include "../../sim/scenario/axis.hpp"', "private to scenario"),
    ("tools/cli/a.cpp", '#include "../../sim/scenario/axis.hpp"', "private to scenario"),
    ("tools/cli/support/a.hpp", '#include "reports/b.hpp"', "does not lie below it"),
    ("tools/cli/other/a.cpp", "", "is no folder of the program"),
    ("sim/tcp/a.cpp", "void run(Scheduler& scheduler);", "tcp knows no Scheduler"),
    ("sim/other/a.cpp", "", "is no layer"),
    ("include/lastack/net/a.hpp", "#include <boost/graph/adjacency_list.hpp>", "only in sim/net/"),
    ("include/lastack/run/a.hpp", "#include <nlohmann/json.hpp>", "may be included only in"),
    ("sim/tcp/a.cpp", "#include <nlohmann/json.hpp>", "may be included only in"),
    ("sim/run/a.cpp", "#include <spdlog/spdlog.h>", "only in tools/cli/"),
    ("tools/cli/commands/a.cpp", "#include <catch2/catch.hpp>", "only in tests/"),
    ("sim/run/a.cpp", "auto t = std::chrono::steady_clock::now();", "a wall clock"),
    ("sim/run/a.cpp", "auto t = std::time(nullptr);", "a wall clock"),
    ("sim/core/a.cpp", "std::random_device device;", "random_device"),
    ("sim/core/a.cpp", "int i = std::rand();", "random numbers"),
    ("sim/net/a.cpp", "std::normal_distribution<double> d{0, 1};", "distribution"),
    ("sim/net/a.cpp", "double x = std::log(u);", "libm"),
    ("sim/net/a.cpp", "std::unordered_map<int, int> m;\nvoid f() { for (auto& e : m) g(e); }", "iteration over"),
    ("sim/app/a.cpp", "int counter = 0;", "a mutable global"),
    ("sim/app/a.cpp", "std::vector<int> seen;", "a mutable global"),
    ("sim/app/a.cpp", "void f() {\n  static int calls = 0;\n}", "a mutable global"),
    ("sim/app/a.cpp", "void f() {\n  static std::map<int, int> cache{};\n}", "a mutable global"),
    ("include/lastack/app/a.hpp", "inline int counter = 0;", "a mutable global"),
    ("sim/tcp/a.cpp", "void f(State s) { switch (s) { case State::closed: break; default: break; } }", "no `default:`"),
    ("sim/run/a.cpp", "void f(StateReason s) { switch (s) { case StateReason::abort: break; default: break; } }", "over StateReason"),
    ("sim/run/a.cpp", "void f(Call c) { switch (c) { case trace::Call::abort: break; default: break; } }", "over Call"),
    ("sim/explain/a.cpp", 'bool f(std::string_view why) { return why == "any word"; }', "a comparison with a word"),
    ("sim/explain/a.cpp", 'bool f(std::string_view why) { return "any word" != why; }', "a comparison with a word"),
    ("sim/run/a.cpp", NAMES + 'bool f(std::string_view why) { return why == "rst arrives"; }', "name of an enumerator"),
    ("sim/run/a.cpp", NAMES + 'bool f(std::string_view why) { return "rst arrives" != why; }', "name of an enumerator"),
    ("sim/app/a.cpp", "void f(int a) {\n  if (a == 1) {\n    return;\n  }\n  g();\n}", "stands on one line"),
    ("tests/unit/a.cpp", 'TEST_CASE("half [0, 5) open") {}', "balanced brackets"),
    ("tests/unit/a.cpp", 'TEST_CASE("one; two") {}', "without `;`"),
    ("tests/unit/a.cpp", 'TEST_CASE("--seed: wins") {}', "no `-`"),
]

ALLOWED = [
    ("sim/explain/a.cpp", 'bool f(Why why) { return why == Why::rst_arrives; }  // why == "rst arrives"'),
    ("sim/run/a.cpp", NAMES + 'bool f(std::string_view path) { return path == "-"; }'),
    ("sim/run/a.cpp", NAMES.replace("name_of", "colour_of") + 'bool f(std::string_view x) { return x == "rst arrives"; }'),
    ("sim/net/a.cpp", '#include <boost/graph/adjacency_list.hpp>\n#include "lastack/tcp/seq.hpp"'),
    ("sim/batch/a.cpp", '#include "lastack/trace/page.hpp"\n#include "lastack/event/event.hpp"'),
    ("sim/tcp/a.cpp", '#include "lastack/core/wakeup.hpp"  // the Scheduler is somebody else\'s'),
    ("sim/net/a.cpp", '#include "lastack/core/scheduler.hpp"'),
    ("sim/run/a.cpp", '#include "lastack/run/simulation.hpp"\n#include <nlohmann/json.hpp>'),
    ("sim/tcp/host/a.cpp", '#include "../tcb.hpp"'),
    ("tests/unit/scenario/a.cpp", '#include "../../../sim/scenario/axis.hpp"'),
    ("tests/kernel/a.cpp", '#include "../../sim/kernel/wire.hpp"'),
    ("tests/fuzz/scenario_fuzz.cpp", '#include "../../sim/scenario/axis.hpp"'),
    ("tests/unit/explain/a.cpp", '#include "../run/story.hpp"'),
    ("tools/cli/commands/a.cpp", '#include "lastack/scenario/duration.hpp"\n#include "support/a.hpp"'),
    ("sim/run/a.cpp", "// steady_clock is for the program, not for us\nint f();"),
    ("sim/run/a.cpp", 'const char* f() { return "std::rand()"; }'),
    ("sim/run/a.cpp", "void f() {\n  SimTime t = run.time();\n}"),
    ("include/lastack/app/a.hpp", "struct A {\n  SimTime time();\n};\n__extension__ using Wide = unsigned __int128;"),
    ("tools/cli/commands/a.cpp", "auto t = std::chrono::steady_clock::now();"),
    ("sim/net/a.cpp", "std::unordered_map<int, int> m_();\nvoid f(const std::unordered_map<int, int>& m) { m.find(1); }"),
    ("sim/app/a.cpp", "constexpr int limit = 3;\nconst std::string name = \"x\";\nusing A = int;\nint f(int a);"),
    ("sim/app/a.cpp", "static int helper(int a) {\n  return a;\n}\nstatic constexpr int k = 1;"),
    ("include/lastack/app/a.hpp", "struct A {\n  static A make(int x);\n  int member = 0;\n};\ninline int f() { return 1; }"),
    ("sim/tcp/a.cpp", "void f(int s) { switch (s) { case 1: break; default: break; } }"),
    ("sim/tcp/a.cpp", "void f(State s, int i) { switch (s) { case State::closed: switch (i) { case 1: break; default: break; } } }"),
    ("sim/app/a.cpp", "void f(int a) {\n  if (a == 1) return;\n  if (a == 2) {\n    return;\n  } else {\n    g();\n  }\n}"),
    ("sim/app/a.cpp", "bool f() {\n  if (" + "a" * 80 + ") {\n    return false;\n  }\n  return g();\n}"),
    ("tests/unit/a.cpp", 'TEST_CASE("a window [0, 5] and more", "[tcp]") {}'),
]


class Rules(unittest.TestCase):
    def test_find_what_is_forbidden(self) -> None:
        for path, text, message in FORBIDDEN:
            with self.subTest(path=path, text=text):
                self.assertIn(message, " ".join(findings(path, text)))

    def test_leave_alone_what_is_allowed(self) -> None:
        for path, text in ALLOWED:
            with self.subTest(path=path, text=text):
                self.assertEqual(findings(path, text), [])

    def test_find_private_headers_that_an_include_folder_leads_to(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, text in [
                ("sim/tcp/memory.hpp", "#pragma once\n"),
                ("tests/unit/tcp/CMakeLists.txt", "a.cpp"),
                ("tests/unit/tcp/a.cpp", '#include "memory.hpp"\n#include "tcp/memory.hpp"\n'),
                ("tests/unit/run/CMakeLists.txt", "a.cpp"),
                ("tests/unit/run/a.cpp", '#include "memory.hpp"\n#include "tcp/memory.hpp"\n'),
            ]:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            found = [(finding.path, finding.line) for finding in check_sources.check_tree(root)]
            self.assertEqual(found, [("tests/unit/run/a.cpp", 1), ("tests/unit/run/a.cpp", 2)])

    def test_find_files_that_are_never_built(self) -> None:
        for cmake in ["add_library(x b.cpp)", "# a.cpp comes later", "add_library(x aa.cpp)"]:
            with self.subTest(cmake=cmake):
                self.assertIn("never built", " ".join(findings("sim/net/a.cpp", "", cmake)))

    def test_hold_the_picture_of_the_layers_against_their_table(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            readme = Path(folder) / "sim" / "README.md"
            readme.parent.mkdir()
            drawn = [f"  {upper} --> {lower}" for upper, lower in check_sources.arrows(check_sources.STANDS_ON)]

            def found(lines: list[str]) -> list[str]:
                readme.write_text("\n".join(["```mermaid", "graph TD", *lines, "```\n"]), encoding="utf-8")
                return [finding.message for finding in check_sources.check_tree(Path(folder))]

            self.assertEqual(found(drawn), [])
            self.assertIn("draws an arrow that is none: net --> trace", " ".join(found([*drawn, "  net --> trace"])))
            self.assertIn("lacks an arrow", " ".join(found(drawn[1:])))

    def test_hold_the_links_of_the_targets_against_their_table(self) -> None:
        def found(links: str) -> str:
            return " ".join(findings("sim/net/a.cpp", "", f"add_library(lastack_net a.cpp)\n{links}"))

        self.assertEqual(found("target_link_libraries(lastack_net PUBLIC lastack_event PRIVATE lastack_warnings)"), "")
        self.assertIn("net links trace", found("target_link_libraries(lastack_net PUBLIC lastack_event lastack_trace)"))
        self.assertIn("net does not link event", found("target_link_libraries(lastack_net PRIVATE lastack_warnings)"))

    def test_find_globbing(self) -> None:
        found = findings("sim/net/a.cpp", "", "file(GLOB sources *.cpp) # a.cpp")
        self.assertIn("GLOB; list the files", found)

    def test_find_headers_without_a_guard(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            header = Path(folder) / "sim" / "net" / "a.hpp"
            header.parent.mkdir(parents=True)
            header.write_text("int f();\n", encoding="utf-8")
            self.assertEqual(len(check_sources.check_tree(Path(folder))), 1)


if __name__ == "__main__":
    unittest.main()
