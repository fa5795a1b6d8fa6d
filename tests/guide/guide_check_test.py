#!/usr/bin/env python3
"""guide_check.py finds what a page gets wrong, and leaves alone what it gets right."""

import pathlib
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import guide_check  # noqa: E402

# A `lastack` that prints its arguments, a line each; `fail` ends with exit code 3, help names --known.
PROGRAM = """#!/bin/sh
case "$*" in *--help*) echo "  --known N"; exit 0 ;; esac
printf '%s\\n' "$@"
[ "$1" != fail ] || exit 3
"""


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.program = self.root / "lastack"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def checked(self, text):
        (self.root / "page.md").write_text(text, encoding="utf-8")
        page = guide_check.Page(self.program, self.root, "page.md")
        page.check()
        return page

    def right(self, text):
        page = self.checked(text)
        self.assertEqual(page.problems, [])
        return page

    def wrong(self, text, *words):
        problems = self.checked(text).problems
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_output_is_held_to_the_shown_lines(self):
        self.right("```text\n$ lastack a b\na\nb\n```\n")
        self.wrong("```text\n$ lastack a b\na\nc\n```\n", "page.md:1", "c", "is not printed")
        self.wrong("```text\n$ lastack a b\na\n```\n", "more is printed")
        self.wrong("```text\n$ lastack a b\nb\na\n```\n", "is not printed")

    def test_an_ellipsis_stands_for_lines_or_for_a_part_of_one(self):
        self.right("```text\n$ lastack a b c d\n…\nb\n…\nd\n```\n")
        self.right("```text\n$ lastack 'took 12 s'\ntook … s\n```\n")
        self.wrong("```text\n$ lastack a b c\na\n…\nx\n…\n```\n", "x")

    def test_commands_may_be_continued_and_follow_each_other(self):
        page = self.right("```text\n$ lastack a \\\n    b\na\nb\n$ lastack c\nc\n```\n")
        self.assertEqual(page.ran, 2)
        self.assertEqual(self.right("```sh\n# a comment\nlastack a \\\n  b\nlastack c  # another\n```\n").ran, 2)

    def test_the_exit_code_counts(self):
        self.wrong("```sh\nlastack fail\n```\n", "exit code 3, the page promises 0")
        self.right("<!-- exit: 3 -->\n```sh\nlastack fail\n```\n")
        self.wrong("<!-- exit: 3 -->\n```sh\nlastack fine\n```\n", "exit code 0, the page promises 3")

    def test_files_that_the_page_shows_are_there(self):
        self.right("<!-- file: in/a.json -->\n```json\n{}\n```\n```text\n$ lastack $(cat in/a.json)\n{}\n```\n")

    def test_what_is_not_run_is_counted_with_its_reason(self):
        page = self.right("<!-- not run: needs a cluster -->\n```sh\nfalse\nfalse\n```\n")
        self.assertEqual((page.ran, dict(page.not_run)), (0, {"needs a cluster": 2}))
        self.wrong("<!-- not run: -->\n```sh\nfalse\n```\n", "without a reason")
        page = self.right("<!-- needs: no-such-program -->\n```sh\nno-such-program\n```\n")
        self.assertEqual(dict(page.not_run), {"there is no no-such-program here": 1})

    def test_blocks_that_are_no_commands_are_left_alone(self):
        self.assertEqual(self.right("```text\na picture\n```\n```json\n{}\n```\n```yaml\n- run: false\n```\n").ran, 0)

    def test_options_in_sentences_must_exist(self):
        self.right("Use `lastack run --known 3`.\n")
        self.wrong("Use `lastack run --unknown`.\n", "--unknown is not among its options")

    def test_links_lead_to_files(self):
        self.checked("[here](page.md) and [there](https://example.org) and [a part](page.md#part) [gone](gone.md)\n")
        broken = list(guide_check.broken_links(self.root, "page.md"))
        self.assertEqual(broken, ["page.md: links to gone.md, which is not there"])


if __name__ == "__main__":
    unittest.main()
