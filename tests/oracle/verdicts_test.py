#!/usr/bin/env python3
"""`lastack kernel check` and compare.py give the same verdicts: of each case whether it agrees, in
which aspects it differs and whether it is racy, and of all of them how many agree. Not only where
Lastack does what the kernel did, but also with other settings and with recordings that were
tampered with, so that every rule has something to say.

    verdicts_test.py LASTACK CASES TRACES
"""

import json
import random
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ASPECTS = {"segments", "timing", "options", "states", "calls", "win", "sack"}

# --set KEY=VALUE -> what Lastack does otherwise than the kernel that was recorded.
OTHER_SETTINGS = [
    ["timer_wheel=false"],
    ["sysctl.tcp_syn_linear_timeouts=1", "sysctl.tcp_orphan_retries=1"],
    ["links.0.delay=30ms"],
    ["profile=rfc9293"],
]
TAMPERED_ROUNDS = 10


def verdicts(output: str) -> dict:
    """The verdict on each case that differs, and the totals; both programs print the same words."""
    cases = {
        name: (bool(racy), aspects)
        for name, racy, aspects in re.findall(r"^differs +(\S+?)( \(racy\))?: (.*)$", output, re.M | re.I)
    }
    shares = {
        kind: re.search(rf"^{kind}\b.*?(\d+/\d+)", output, re.M) for kind in ("steady", "racy")
    }
    lines = [line for line in output.splitlines() if re.match(r"cases (that )?differ|counted apart", line)]
    per_aspect = {
        aspect: int(count)
        for line in lines
        for aspect, count in re.findall(r"(\w+)'?:? (\d+)", line)
        if aspect in ASPECTS
    }
    totals = {kind: found[1] if found else "0/0" for kind, found in shares.items()}
    return {"cases": cases, "totals": totals, "aspects": per_aspect}


def run(command: list) -> dict:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or "FAILS" in done.stdout or "agree" not in done.stdout:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return verdicts(done.stdout)


class Trial:
    """One comparison by both programs, in a folder of its own."""

    def __init__(self, lastack: str, cases: str, scratch: Path) -> None:
        self.lastack, self.cases, self.scratch = lastack, cases, scratch
        self.unequal = 0
        self.seen: set[str] = set()  # aspects that differed somewhere
        self.differing = 0

    def program(self, settings: list[str]) -> str:
        """The program, as compare.py can start it, with other settings."""
        if not settings:
            return self.lastack
        script = self.scratch / "lastack"
        arguments = " ".join(f"--set '{setting}'" for setting in settings)
        script.write_text(f"#!/bin/sh\nexec '{self.lastack}' \"$@\" {arguments}\n", encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)

    def compare(self, what: str, traces: str, seeds: int, settings: list[str]) -> None:
        places = ["--seeds", str(seeds)]
        script = str(HERE / "compare.py")
        wanted = run([sys.executable, script, "--lastack", self.program(settings), "--cases", self.cases,
                      "--traces", traces, *places])  # fmt: skip
        more = [word for setting in settings for word in ("--set", setting)]
        seen = run([self.lastack, "kernel", "check", self.cases, "--recordings", traces, *places, *more])
        self.seen |= set(wanted["aspects"])
        self.differing += len(wanted["cases"])
        print(f"{what}: {len(wanted['cases'])} cases differ, {wanted['totals']}")
        if wanted != seen:
            self.unequal += 1
            tell_unequal(wanted, seen)


def tell_unequal(wanted: dict, seen: dict) -> None:
    for part in wanted:
        for key in sorted(wanted[part].keys() | seen[part].keys()):
            a, b = wanted[part].get(key), seen[part].get(key)
            if a != b:
                print(f"  {part} {key}: compare.py {a}, lastack kernel check {b}")


def near_a_tolerance(rng: random.Random) -> float:
    return rng.choice([-1, 1]) * rng.choice([0.003, 0.014, 0.015, 0.03, 0.044, 0.05, 0.3, 2])


def tamper_with_segment(recording: dict, rng: random.Random) -> None:
    segments = [row for row in recording["wire"] if not row.get("injected")]
    if not segments:
        return
    row = rng.choice(segments)
    place = recording["wire"].index(row)
    match rng.choice(["time", "late", "lose", "fate", "seq", "flags", "len", "win", "mss", "ts", "sack", "twice"]):
        case "time":
            row["t"] += near_a_tolerance(rng)
        case "late":
            by = abs(near_a_tolerance(rng))
            for later in recording["wire"][place:]:
                later["t"] += by
        case "lose":
            recording["wire"].remove(row)
        case "fate":
            row["fate"] = rng.choice(["delivered", "dropped", "delayed", "duplicated"])
        case "seq":
            row["seq"] = rng.choice([0, 1, "#2+1", "old+1", "abs:77"])
        case "flags":
            row["flags"] = rng.choice(["S", "S.", ".", "P.", "F.", "R", "R."])
            if "." in row["flags"]:
                row.setdefault("ack", 1)
            else:
                row.pop("ack", None)
        case "len":
            row["len"] += 1
        case "win":
            row["win"] += 1
        case "mss":
            row["options"]["mss"] = 1400
        case "ts":
            row["ts"] = not row["ts"]
        case "sack":
            row["options"]["sack"] = [[1, 2]]
        case "twice":
            recording["wire"].insert(place, dict(row))


def tamper_with_table(recording: dict, rng: random.Random) -> None:
    if not recording["diag"]:
        return
    row = rng.choice(recording["diag"])
    if rng.random() < 0.3:
        recording["diag"].remove(row)
    else:
        row["state"] = rng.choice([None, "CLOSED", "LISTEN", "ESTABLISHED", "FIN_WAIT_2", "TIME_WAIT"])


def tamper_with_calls(recording: dict, rng: random.Random) -> None:
    if not recording["app"]:
        return
    row = rng.choice(recording["app"])
    match rng.choice(["time", "result", "lose"]):
        case "time":
            row["t"] += near_a_tolerance(rng)
        case "result":
            row["result"] = rng.choice([None, 0, 5, "ok", "ETIMEDOUT"])
        case "lose":
            recording["app"].remove(row)


def tampered(traces: Path, folder: Path, rng: random.Random) -> str:
    """A copy of the recordings, fewer of each, some with up to two rows that differ."""
    folder.mkdir()
    ways = [tamper_with_segment, tamper_with_segment, tamper_with_table, tamper_with_calls]
    for file in sorted(traces.glob("*.trace.json")):
        recordings = json.loads(file.read_text(encoding="utf-8"))["recordings"]
        kept = rng.sample(recordings, rng.choice([1, 1, 2, 3, len(recordings)]))
        for recording in kept:
            for _ in range(rng.choice([0, 1, 1, 2])):
                rng.choice(ways)(recording, rng)
        (folder / file.name).write_text(json.dumps({"recordings": kept}), encoding="utf-8")
    return str(folder)


def main() -> int:
    lastack, cases, traces = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        trial = Trial(lastack, cases, scratch)
        for seeds in (1, 3):
            trial.compare(f"as recorded, {seeds} seeds", traces, seeds, [])
        for settings in OTHER_SETTINGS:
            trial.compare(f"with {', '.join(settings)}", traces, 1, settings)
        for number in range(TAMPERED_ROUNDS):
            rng = random.Random(number)
            changed = tampered(Path(traces), scratch / str(number), rng)
            trial.compare(f"tampered with, round {number}", changed, 1 + number % 2, [])
    missed = ASPECTS - trial.seen
    print(f"{trial.differing} verdicts `differs`, {trial.unequal} comparisons unequal")
    if missed or trial.differing < 100:
        print(f"too little differed to show anything: no difference in {missed or 'few cases'}")
        return 1
    return 1 if trial.unequal else 0


if __name__ == "__main__":
    sys.exit(main())
