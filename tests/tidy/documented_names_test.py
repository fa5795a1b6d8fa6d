#!/usr/bin/env python3
"""documented_names.py finds a name that is misspelt, moved or gone, and leaves alone what is right."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import documented_names as names  # noqa: E402

ROOT = Path(__file__).parents[2]

SOURCES = {
    "sim/tcp/endpoint.hpp": """
class Endpoint {
 public:
  /// Not `gone`, which stands in this comment only.
  bool orphan() const { return helper() && orphan_; }
  void challenge(const Segment& seg, int limit = most);
 private:
  enum class Step : std::uint8_t { go_on, done };
  bool orphan_ = false;
};
""",
    "sim/tcp/segment_arrives.cpp": """
void Endpoint::challenge(const Segment& seg, int limit) {
  if (limit > 0) Rack::detect(seg);
}
""",
    "sim/tcp/send/rack.cpp": "Rack::Found Rack::detect(const Segment& seg) { return ask(seg); }\n",
    "sim/tcp/send/rack.hpp": "class Rack {\n  struct Found { int losses = 0; };\n  Found detect(const Segment& seg);\n};\n",
    "sim/tcp/host/answer.hpp": "using Answer = std::variant<int, bool>;\n",
    "sim/tcp/host/stack_impl.hpp": "class Stack::Impl {\n  void admit(int listener);\n};\n",
    "sim/tcp/profile.cpp": "constexpr Profile linux_6{\n    .sends_bursts = true,\n};\n",
    "include/lastack/tcp/profile.hpp": "struct Profile {\n  bool sends_bursts;\n};\n",
    "include/lastack/tcp/settings.hpp": "struct Settings {\n  int tcp_retries2 = 15;\n};\n",
    "sim/tcp/settings.cpp": """
constexpr Row rows[] = {
    {{"tcp_retries2", ipv4, "segments", 0, u8_max,
      "How often data is sent again.", ip_sysctl},
     &Settings::tcp_retries2},
    {{"file-max", fs, "files", 0, i64_max, "How many sockets.", fs_sysctl}, &Settings::file_max},
};
constexpr std::string_view unmodelled[] = {
    "tcp_min_tso_segs",
};
""",
    "sim/tcp/host/socket_options.cpp": """
constexpr std::array table{
    Row{SocketOption::tcp_linger2, "TCP_LINGER2", -1, i32_max},
};
""",
    "sim/tcp/send/bursts.cpp": """
std::uint32_t burst_max() {
  constexpr std::uint32_t least = 2;  // tcp_min_tso_segs
  return least;
}
""",
}


def findings(document: str, text: str) -> list[str]:
    """What is said of a document in a small tree."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, content in {**SOURCES, document: text}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content, encoding="utf-8")
        return names.check_tree(root)


def rule(where: str, setting: str = "") -> list[str]:
    """What is said of a rule in LINUX.md that names this place and this setting."""
    table = f"| Rule | Setting | Where |\n|---|---|---|\n| What holds. | {setting} | {where} |\n"
    return findings("sim/tcp/LINUX.md", table)


class Rules(unittest.TestCase):
    WHERE = "`Endpoint::challenge` (segment_arrives.cpp)"

    def test_names_in_their_files_are_right(self):
        for where in [
            "`Endpoint::challenge` (segment_arrives.cpp)",
            "`Endpoint::challenge`, `Endpoint::orphan`, `Endpoint` (endpoint.hpp)",
            "`Rack::detect` (send/rack.cpp); `Profile::sends_bursts` (profile.cpp)",
            "`Rack::Found` (send/rack.hpp)",
            "`Stack::Impl::admit` (host/stack_impl.hpp)",
            "`Endpoint::Step` (endpoint.hpp)",
        ]:
            self.assertEqual(rule(where), [], where)

    def test_a_name_that_is_not_in_its_file_is_found(self):
        for where in [
            "`Endpoint::chalenge` (segment_arrives.cpp)",  # misspelt
            "`Rack::detect` (segment_arrives.cpp)",  # called there, not defined
            "`Endpoint::gone` (endpoint.hpp)",  # in a comment
            "`Endpoint::helper` (endpoint.hpp)",  # called there
            "`Endpoint::limit` (endpoint.hpp)",  # a parameter
            "`Endpoint::most` (endpoint.hpp)",  # a parameter's value
            "`Endpoint::admit` (host/stack_impl.hpp)",  # another class's
            "`Profile::sends_burst` (profile.cpp)",
        ]:
            said = rule(where)
            self.assertTrue(any("is not in sim/tcp/" in line for line in said), (where, said))

    def test_a_file_that_is_not_there_is_found(self):
        self.assertIn("there is no file receive.cpp", rule("`Endpoint::challenge` (receive.cpp)")[0])

    def test_a_row_without_a_place_is_found(self):
        for where in ["", "in the endpoint", "`Endpoint::challenge`", "(segment_arrives.cpp)"]:
            self.assertTrue(any("want `Class::function`" in line for line in rule(where)), where)

    def test_a_table_without_places_is_found(self):
        said = findings("sim/tcp/LINUX.md", "| Rule |\n|---|\n| What holds. |\n")
        self.assertIn("every table here has a column Where", said[0])

    def test_settings_and_marked_constants_are_right(self):
        for setting in [
            "",
            "`tcp_retries2`, TCP_LINGER2",
            "RLIMIT_NOFILE, `fs.file-max`, backlog",
            "`tcp_min_tso_segs` (constant 2), `tcp_retries2`",
        ]:
            self.assertEqual(rule(self.WHERE, setting), [], setting)

    def test_a_setting_that_is_not_there_is_found(self):
        for setting, name in [
            ("`tcp_retry2`", "tcp_retry2"),
            ("tcp_retry2", "tcp_retry2"),
            ("`tcp_retries2`, TCP_LINGER", "TCP_LINGER"),
            ("`fs.file-most`", "file-most"),
            ("`tcp_min_tso_segs`", "tcp_min_tso_segs"),  # known, but it changes nothing
        ]:
            self.assertIn(f"there is no setting {name};", rule(self.WHERE, setting)[0])

    def test_a_wrong_constant_is_found(self):
        for setting, message in [
            ("`tcp_min_tso_segs` (constant 3)", "there is no constant with the value 3"),
            ("`tcp_min_tso_seg` (constant 2)", "the comment // tcp_min_tso_seg"),
            ("`tcp_retries2` (constant 15)", "tcp_retries2 is a setting"),
        ]:
            self.assertIn(message, rule(self.WHERE, setting)[0])


class Design(unittest.TestCase):
    TABLE = "| file | start at |\n|---|---|\n"
    REST = (
        "| `profile.cpp`, `send/rack.cpp`, `send/bursts.cpp` | `Rack::detect` |\n"
        "| `settings.cpp`, `host/socket_options.cpp` | `Settings` |\n"
    )

    def said(self, row: str, rest: str = REST) -> list[str]:
        return findings("sim/README.md", self.TABLE + row + rest)

    def test_a_row_whose_names_are_in_its_files_is_right(self):
        self.assertEqual(self.said("| `segment_arrives.cpp` | `Endpoint::challenge` |\n"), [])

    def test_a_row_whose_names_are_not_is_found(self):
        self.assertIn("is in none of", self.said("| `segment_arrives.cpp` | `Rack::detect` |\n")[0])
        self.assertIn("to start at", self.said("| `segment_arrives.cpp` | the checks |\n")[0])
        self.assertTrue(self.said("| `segment_arrive.cpp` | `Endpoint::challenge` |\n"))

    def test_a_source_file_without_a_row_is_found(self):
        said = self.said("| `segment_arrives.cpp` | `Endpoint::challenge` |\n", rest="")
        self.assertTrue(any("sim/tcp/profile.cpp has no row" in line for line in said), said)

    def test_names_in_the_text_are_looked_up(self):
        for name in ["tcp::Endpoint::challenge", "Rack", "tcp::Answer", "rack.cpp", "send/rack.hpp", "Impl::admit", "no name"]:
            self.assertEqual(findings("sim/README.md", f"See `{name}`.\n"), [], name)
        for name in ["Endpoint::chalenge", "Rak", "rak.cpp", "receive/rack.hpp", "Impl::challenge"]:
            self.assertIn(f"there is no {name}", findings("sim/README.md", f"See `{name}`.\n")[0])


class Documents(unittest.TestCase):
    """Every name of the real documents, misspelt, is found."""

    def test_each_name_of_each_rule(self):
        code = names.Code(ROOT)
        text = (ROOT / "sim/tcp/LINUX.md").read_text(encoding="utf-8")
        misspelt = 0
        for row in names.rows(text):
            where = row.cells["Where"]
            for match in names.re.finditer(r"\w(?=`|\.[ch]pp)", where):
                wrong = where[: match.start()] + "x_" + where[match.start() :]
                broken = names.Row(row.line, {**row.cells, "Where": wrong})
                self.assertTrue(list(names.check_where(broken, code)), wrong)
                misspelt += 1
        self.assertGreater(misspelt, 250)

    def test_each_setting_of_each_rule(self):
        code = names.Code(ROOT)
        text = (ROOT / "sim/tcp/LINUX.md").read_text(encoding="utf-8")
        wrong_ones = 0
        for row in names.rows(text):
            setting = row.cells.get("Setting", "")
            for match in names.SETTING.finditer(setting):
                for end in (match.end("name"), match.end("bare"), match.end("value")):
                    if end < 0:
                        continue
                    wrong = setting[:end] + "0" + setting[end:]
                    broken = names.Row(row.line, {**row.cells, "Setting": wrong})
                    self.assertTrue(list(names.check_setting(broken, code)), wrong)
                    wrong_ones += 1
        self.assertGreater(wrong_ones, 60)

    def test_each_name_of_the_design(self):
        code = names.Code(ROOT)
        text = (ROOT / "sim/README.md").read_text(encoding="utf-8")
        found = 0
        for match in names.re.finditer(r"`([^`\s]+)`", text):
            name = match.group(1)
            if any(form.fullmatch(name) for form in (names.FILE, names.TYPE, names.QUALIFIED)):
                wrong = f"`{name[:-4]}x{name[-4:]}`" if names.FILE.fullmatch(name) else f"`{name}x`"
                self.assertTrue(list(names.check_text(wrong, code)), wrong)
                found += 1
        self.assertGreater(found, 100)


if __name__ == "__main__":
    unittest.main()
