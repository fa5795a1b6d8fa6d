"""Measures how fast Lastack is and how much memory it takes, and prints the table of the README.

usage: tools/bench [ROW…] [--fast] [--runs N] [--json FILE] [--list] [--record] [--plot]

  ROW…         only these rows, or those whose names begin so; all if none is named
  --fast       measures the program that tools/build-fast makes, in place of the release build
  --runs N     runs of each benchmark, of which the median counts (default 5)
  --json FILE  writes the figures with machine, compiler and commit as well
  --list       says which rows there are
  --record     measures nothing, but records what this build does and how many instructions it
               takes, for the tests that watch both
  --plot       draws the curves from a thousand to a million in flight: tests/bench/curves.svg

Every run is a process of its own; times are user time, of which the median counts. What a run does is
held against a record (traces.json): exit code 1 if it differs.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import curves
import instructions
import traces
from rows import ROWS, Row
from runs import Failure, Figure, Runs, commit, compiler_of, machine


def number(value: float | None, unit: str) -> str:
    """1,234,567 or 1.23 M, whichever is easier to read."""
    if value is None:
        return ""
    if value >= 1e6:
        text = f"{value / 1e6:.3g} M"
    elif value >= 100:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()


def standing(row: Row, figure: Figure) -> str:
    if row.must is None and row.aim is None:
        return ""
    if row.aim is not None and row.reaches(figure.median, row.aim):
        return "aim reached"
    if row.must is None or row.reaches(figure.median, row.must):
        return "reached"
    return "MISSED"


def line(cells: list[str], widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"


HEAD = ["what", "must", "aim", "measured", "least to most", ""]


def cells_of(row: Row, figure: Figure) -> list[str]:
    sign = {True: "≤ ", False: "≥ "}[row.less_is_better]
    wanted = [sign + number(limit, "") if limit is not None else "" for limit in (row.must, row.aim)]
    spread = f"{number(figure.least, '')} to {number(figure.most, '')}"
    return [row.what, *wanted, number(figure.median, row.unit), spread, standing(row, figure)]


def print_table(measured: list[tuple[Row, Figure]]) -> None:
    lines = [HEAD] + [cells_of(row, figure) for row, figure in measured]
    widths = [max(len(cells[i]) for cells in lines) for i in range(len(HEAD))]
    print(line(HEAD, widths))
    print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for cells in lines[1:]:
        print(line(cells, widths))


def as_json(build: Path, runs: Runs, measured: list[tuple[Row, Figure]]) -> dict:
    rows = [
        {"name": row.name, "what": row.what, "unit": row.unit, "must": row.must, "aim": row.aim}
        | figure._asdict()
        for row, figure in measured
    ]
    return {
        "commit": commit(),
        "compiler": compiler_of(build),
        "machine": machine(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "runs": runs.count,
        "rows": rows,
        "all_runs": {" ".join(words): results for words, results in runs.done.items()},
    }


def chosen_rows(names: list[str]) -> list[Row]:
    return [row for row in ROWS if not names or any(row.name.startswith(name) for name in names)]


def same_as_recorded(runs: Runs) -> list[str]:
    """What of the runs that were measured differs from what is recorded."""
    known = {tuple(name.split()): entry["fingerprint"] for name, entry in traces.recorded().items()}
    return [
        f"{' '.join(words)}: did something else than is recorded"
        for words, results in runs.done.items()
        if words in known and known[words] != results[0]["fingerprint"]
    ]


def measure(options: argparse.Namespace) -> int:
    runs = Runs(options.build, options.runs)
    measured = []
    problems = []
    for row in chosen_rows(options.rows):
        try:
            measured.append((row, row.measure(runs)))
        except Failure as failure:
            problems.append(f"{row.name}: {failure}")
    runs.say("")
    print_table(measured)
    print(f"{compiler_of(options.build)}; {machine()['cpu']}; commit {commit(12)}")
    if options.json:
        text = json.dumps(as_json(options.build, runs, measured), indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    problems += same_as_recorded(runs)
    for problem in problems:
        print(f"tools/bench: {problem}", file=sys.stderr)
    return 1 if problems else 0


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench", usage="see tools/bench --help", add_help=False)
    parser.add_argument("build", type=lambda path: Path(path).resolve())
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    for name in ["--list", "--record", "--plot", "--help"]:
        parser.add_argument(name, action="store_true")
    options = parser.parse_intermixed_args(arguments)
    for problem in problems_of(options):
        parser.error(problem)
    return options


def problems_of(options: argparse.Namespace) -> list[str]:
    """What would otherwise come to light after minutes of measuring."""
    problems = [
        f"want the beginning of one of {', '.join(row.name for row in ROWS)}, have {name}"
        for name in options.rows
        if not chosen_rows([name])
    ]
    for name in ["list", "record", "plot"]:
        if getattr(options, name) and (options.rows or options.json):
            problems.append(f"--{name}: want neither rows nor --json with it")
    if options.runs < 1:
        problems.append(f"--runs: want a number from 1, have {options.runs}")
    if options.json and (options.json.is_dir() or not os.access(options.json.parent, os.W_OK)):
        problems.append(f"--json: {options.json} cannot be written")
    return problems


def main() -> int:
    options = options_of(sys.argv[1:])
    if options.help:
        print(__doc__)
    elif options.list:
        print("\n".join(f"{row.name:<18} {row.what}" for row in ROWS))
    elif options.record:
        traces.record(Runs(options.build, 1))
        instructions.record(options.build)
    elif options.plot:
        curves.draw(Runs(options.build, options.runs))
    else:
        return measure(options)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"tools/bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
