#!/usr/bin/env python3
"""The programs around the benchmarks: what they make of figures, and when they complain."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import bench  # noqa: E402
import instructions  # noqa: E402
import runs  # noqa: E402
import traces  # noqa: E402
from rows import ROWS, Row  # noqa: E402


class Instructions(unittest.TestCase):
    def test_a_tenth_either_way_is_allowed(self) -> None:
        for have in [901, 1000, 1099]:
            self.assertIsNone(instructions.verdict("churn", have, 1000))

    def test_more_fails(self) -> None:
        self.assertIn("+10.1%", instructions.verdict("churn", 1101, 1000))

    def test_less_fails_so_that_the_record_is_lowered(self) -> None:
        self.assertIn("-10.1%", instructions.verdict("churn", 899, 1000))

    def test_another_compiler_skips(self) -> None:
        with mock.patch("shutil.which", return_value="/usr/bin/valgrind"):
            self.assertIsNone(instructions.reason_to_skip("GNU 12", {"compiler": "GNU 12"}))
            self.assertIn("holds for", instructions.reason_to_skip("GNU 13", {"compiler": "GNU 12"}))

    def test_no_valgrind_skips(self) -> None:
        with mock.patch("shutil.which", return_value=None):
            self.assertIn("valgrind", instructions.reason_to_skip("GNU 12", {"compiler": "GNU 12"}))


class Results(runs.Runs):
    """Runs whose results are given."""

    def __init__(self, *results: dict):
        super().__init__(Path("nowhere"), len(results))
        self.results = list(results)

    def once(self, *words: str) -> dict:
        self.results.append(self.results.pop(0))
        return self.results[-1]


class Runs(unittest.TestCase):
    def test_the_median_counts(self) -> None:
        figure = Results({"x": 9}, {"x": 1}, {"x": 2}).figure(["churn"], lambda run: run["x"])
        self.assertEqual(figure, runs.Figure(2, 1, 9))

    def test_runs_that_differ_are_no_measurement(self) -> None:
        with self.assertRaises(runs.Failure):
            Results({"fingerprint": "a"}, {"fingerprint": "b"}).several("churn")

    def test_a_program_that_fails_is_no_measurement(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "lastack_bench"
            program.write_text("#!/bin/sh\necho went wrong >&2\nexit 3\n", encoding="utf-8")
            program.chmod(0o755)
            with self.assertRaisesRegex(runs.Failure, "went wrong"):
                runs.Runs(Path(folder), 1).several("churn")
            with self.assertRaisesRegex(runs.Failure, "ended with 3"):
                runs.time_process([str(program)])

    def test_what_differs_from_the_record_is_told(self) -> None:
        with mock.patch("traces.recorded", return_value={"churn": {"fingerprint": "a"}}):
            session = Results({"fingerprint": "b"})
            session.several("churn")
            self.assertEqual(len(bench.same_as_recorded(session)), 1)

    def test_a_trace_must_change_nothing(self) -> None:
        with_trace = {"fingerprint": "a", "events_handled": 1, "trace": "", "plain_events": 3}
        without = {"fingerprint": "a", "events_handled": 2}
        with self.assertRaisesRegex(runs.Failure, "events_handled"):
            traces.traced(Results(with_trace, without), "churn")


class Table(unittest.TestCase):
    def row(self, must: float, aim: float, less_is_better: bool) -> Row:
        return Row("r", "row", "B", must, aim, lambda session: None, less_is_better)

    def test_says_what_is_reached(self) -> None:
        for have, more, less in [(1, "MISSED", "aim reached"), (5, "reached", "reached"), (9, "aim reached", "MISSED")]:
            figure = runs.Figure(have, have, have)
            self.assertEqual(bench.standing(self.row(4, 8, False), figure), more)
            self.assertEqual(bench.standing(self.row(8, 4, True), figure), less)

    def test_numbers_are_easy_to_read(self) -> None:
        for value, text in [(0.667, "0.67"), (3.0, "3"), (256, "256"), (399_999.6, "400,000"), (1e6, "1 M"), (None, "")]:
            self.assertEqual(bench.number(value, ""), text)

    def test_rows_are_chosen_by_the_beginnings_of_their_names(self) -> None:
        self.assertEqual(bench.chosen_rows([]), ROWS)
        self.assertEqual([row.name for row in bench.chosen_rows(["hold"])], ["hold-1k", "hold-100k", "hold-10m"])


class Usage(unittest.TestCase):
    def test_wrong_words_are_told_before_anything_runs(self) -> None:
        for words, message in [
            (["nonsense"], "have nonsense"),
            (["--runs", "0"], "want a number from 1"),
            (["--json", "/nowhere/figures.json"], "cannot be written"),
            (["--plot", "churn"], "--plot: want neither rows nor --json"),
            (["--nonsense"], "unrecognized"),
        ]:
            said = io.StringIO()
            with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as ended:
                bench.options_of(["build", *words])
            self.assertEqual(ended.exception.code, 2)
            self.assertIn(message, said.getvalue())

    def test_rows_may_come_before_options_and_after(self) -> None:
        self.assertEqual(bench.options_of(["build", "churn", "--runs", "2", "hold"]).rows, ["churn", "hold"])


if __name__ == "__main__":
    unittest.main()
