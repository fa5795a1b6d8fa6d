#!/usr/bin/env python3
"""Counts the instructions that a connection takes, which no noise disturbs, and holds them against
what is recorded.

    instructions.py BUILD             exit code 1 when a figure is off by more than a tenth, 77
                                      (skipped) where that cannot be decided
    instructions.py BUILD --record    records what this build takes

A figure under the record fails as well: the record would hide the next change for the worse.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from runs import Failure, compiler_of

SKIPPED = 77
RECORD = Path(__file__).with_name("instructions.json")
TOLERANCE = 0.10
BENCHMARKS = ["churn", "churn-loss"]
# More than the 10,000 connections of which a summary has the details. The difference of the two
# leaves out what a run takes however short it is.
SIZES = (12_000, 32_000)


def instructions_of(program: Path, benchmark: str, size: int) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
               str(program), benchmark, str(size)]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    count = re.search(r"Collected : (\d+)", ended.stderr)
    if ended.returncode != 0 or count is None:
        raise Failure(f"{' '.join(command)}: ended with {ended.returncode}\n{ended.stderr}")
    return int(count[1])


def instructions_per_connection(build: Path, benchmark: str) -> float:
    if shutil.which("valgrind") is None:
        raise Failure("valgrind is not installed; tools/setup test does it")
    less, more = (instructions_of(build / "lastack_bench", benchmark, size) for size in SIZES)
    return (more - less) / (SIZES[1] - SIZES[0])


def verdict(benchmark: str, have: float, recorded: float) -> str | None:
    """What is wrong, if anything is."""
    change = have / recorded - 1
    if abs(change) <= TOLERANCE:
        return None
    text = f"{benchmark}: {have:,.0f} instructions a connection, {recorded:,.0f} are recorded ({change:+.1%}). "
    if change > 0:
        return text + "Find what made it slower; if it is worth it, record it in the same commit: "
    return text + "Well done; record it, so that it stays so: "


def reason_to_skip(compiler: str, recorded: dict) -> str | None:
    if shutil.which("valgrind") is None:
        return "valgrind is not installed; tools/setup test does it"
    if compiler != recorded["compiler"]:
        return f"the record holds for {recorded['compiler']}, this build is {compiler}"
    return None


def record(build: Path) -> None:
    figures = {name: round(instructions_per_connection(build, name)) for name in BENCHMARKS}
    text = json.dumps({"compiler": compiler_of(build), "per_connection": figures}, indent=2)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(text)


def check(build: Path) -> int:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    if reason := reason_to_skip(compiler_of(build), recorded):
        print(f"skipped: {reason}")
        return SKIPPED
    problems = []
    for benchmark, figure in recorded["per_connection"].items():
        have = instructions_per_connection(build, benchmark)
        print(f"{benchmark}: {have:,.0f} instructions a connection, recorded {figure:,}")
        problem = verdict(benchmark, have, figure)
        problems += [problem + f"{sys.argv[0]} {build} --record"] if problem else []
    print("\n".join(problems))
    return 1 if problems else 0


def main() -> int:
    arguments = sys.argv[1:]
    if len(arguments) == 2 and arguments[1] == "--record":
        record(Path(arguments[0]).resolve())
        return 0
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    return check(Path(arguments[0]).resolve())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"instructions.py: {failure}")
