#!/usr/bin/env python3
"""Holds what the benchmarks do against what is recorded, so that speed cannot hide a change of
behaviour: the hash of the trace, the numbers of the summary, and how many events a plain simulator
would schedule.

    traces.py BUILD             exit code 1 when a benchmark does something else than is recorded
    traces.py BUILD --record    records what this build does
"""

import json
import sys
from pathlib import Path

from runs import Failure, Runs

RECORD = Path(__file__).with_name("traces.json")
BENCHMARKS = ["churn", "churn-loss", "in-flight 1000", "open 1000"]
CHECKED = ["trace", "fingerprint", "plain_events"]


def recorded() -> dict[str, dict]:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def traced(runs: Runs, benchmark: str) -> dict:
    """What the traced run does; one without a trace does the same."""
    words = benchmark.split()
    runs.say(f"{benchmark}: traced")
    result = runs.once("check", *words)
    plain = runs.several(*words)[0]
    for key in ["fingerprint", "events_handled"]:
        if plain[key] != result[key]:
            raise Failure(f"{benchmark}: {key} is {result[key]} with a trace, {plain[key]} without")
    return {key: result[key] for key in CHECKED}


def differences(runs: Runs) -> list[str]:
    found = []
    for benchmark, known in recorded().items():
        have = traced(runs, benchmark)
        found += [
            f"{benchmark}: {key} is {have[key]}, recorded {known[key]}"
            for key in CHECKED
            if have[key] != known[key]
        ]
    return found


def record(runs: Runs) -> None:
    text = json.dumps({name: traced(runs, name) for name in BENCHMARKS}, indent=2)
    RECORD.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    arguments = sys.argv[1:]
    if len(arguments) not in (1, 2) or arguments[1:] not in ([], ["--record"]):
        print(__doc__, file=sys.stderr)
        return 2
    runs = Runs(Path(arguments[0]).resolve(), 1)
    if len(arguments) == 2:
        record(runs)
        return 0
    found = differences(runs)
    if found:
        print("\n".join(found))
        print(f"If that is meant: {sys.argv[0]} {runs.build} --record")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"traces.py: {failure}")
