"""Runs the programs that are measured, one process for each run, and remembers what came out."""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """A run that is worth no figure; the text says why."""


class Figure(NamedTuple):
    """Median, least and greatest of several runs."""

    median: float
    least: float
    most: float

    @staticmethod
    def of(values: list[float]) -> "Figure":
        return Figure(statistics.median(values), min(values), max(values))


class Process(NamedTuple):
    """What the operating system says of a process that has ended."""

    wall_s: float
    cpu_s: float


def time_process(command: list[str]) -> Process:
    """From its start to its exit; what it prints is thrown away."""
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise Failure(f"{' '.join(command)}: ended with {os.waitstatus_to_exitcode(status)}")
    return Process(wall, usage.ru_utime + usage.ru_stime)


class Runs:
    """The runs of one session. Rows that need the same runs share them."""

    def __init__(self, build: Path, count: int):
        self.build = build
        self.count = count
        self.done: dict[tuple[str, ...], list[dict]] = {}

    def say(self, text: str) -> None:
        """Shows on a terminal what is running, in one line."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + text[:100])
            sys.stderr.flush()

    def once(self, *words: str) -> dict:
        """One run of lastack_bench."""
        command = [str(self.build / "lastack_bench"), *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise Failure(ended.stderr.strip() or f"{' '.join(command)}: ended with {ended.returncode}")
        return json.loads(ended.stdout)

    def several(self, *words: str) -> list[dict]:
        """As many runs of lastack_bench as were asked for, all with the same outcome."""
        if words not in self.done:
            results = []
            for i in range(self.count):
                self.say(f"{' '.join(words)}: run {i + 1} of {self.count}")
                results.append(self.once(*words))
            if len({run.get("fingerprint") for run in results}) > 1:
                raise Failure(f"{' '.join(words)}: the runs differ from each other")
            self.done[words] = results
        return self.done[words]

    def figure(self, words: list[str], value) -> Figure:
        """`value` of each run."""
        return Figure.of([value(run) for run in self.several(*words)])

    def hold(self, pending: int) -> dict[str, Figure]:
        """The hold model with so many pending events: ns an event of the `scheduler` and of the
        `bare_heap`."""
        key = ("hold", str(pending))
        if key not in self.done:
            self.say(f"hold model with {pending:,} pending")
            command = [
                str(self.build / "lastack_hold_bench"),
                f"--benchmark_filter=/{pending}$",
                f"--benchmark_repetitions={self.count}",
                "--benchmark_format=json",
            ]
            ended = subprocess.run(command, capture_output=True, text=True, check=True)
            self.done[key] = json.loads(ended.stdout)["benchmarks"]
        times: dict[str, list[float]] = {}
        for run in self.done[key]:
            if run["run_type"] == "iteration":
                name = re.match(r"hold_(\w+)/", run["name"])[1]
                times.setdefault(name, []).append(run["cpu_time"])
        return {name: Figure.of(values) for name, values in times.items()}


def first_match(pattern: str, text: str, otherwise: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip() if match else otherwise


def output_of(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return ended.stdout.strip()


def compiler_of(build: Path) -> str:
    """Compiler, version, kind of build and its flags: "GNU 12.2.0 Release -O3 -DNDEBUG"."""
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    entry = lambda name: first_match(rf"^{name}:\w+=(.*)$", cache, "")
    kind = entry("CMAKE_BUILD_TYPE")
    flags = " ".join([entry("CMAKE_CXX_FLAGS"), entry(f"CMAKE_CXX_FLAGS_{kind.upper()}")])
    found = next(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake"), None)
    known = found.read_text(encoding="utf-8") if found else ""
    which = first_match(r'^set\(CMAKE_CXX_COMPILER_ID "(.*)"\)', known, "unknown compiler")
    version = first_match(r'^set\(CMAKE_CXX_COMPILER_VERSION "(.*)"\)', known, "")
    return " ".join(f"{which} {version} {kind} {flags}".split())


def machine() -> dict:
    """What the figures hold for, and what else it was doing."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    memory = Path("/proc/meminfo").read_text(encoding="utf-8")
    return {
        "cpu": first_match(r"^model name\s*: (.*)$", cpus, "unknown"),
        "cpus": os.cpu_count(),
        "memory_bytes": int(first_match(r"^MemTotal:\s*(\d+) kB$", memory, "0")) * 1024,
        "kernel": os.uname().release,
        "load_average": os.getloadavg()[0],
    }


def commit(digits: int = 40) -> str:
    """The commit that is checked out, with a `+` when files differ from it."""
    name = output_of("git", "rev-parse", "HEAD") or "unknown"
    return name[:digits] + ("+" if output_of("git", "status", "--porcelain") else "")
