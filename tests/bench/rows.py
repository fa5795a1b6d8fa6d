"""What is measured: the rows of the table, with what they must and should reach."""

from typing import Callable, NamedTuple

from instructions import instructions_per_connection
from runs import ROOT, Failure, Figure, Runs, time_process

MILLION = 1_000_000


class Row(NamedTuple):
    name: str
    what: str
    unit: str
    must: float | None
    aim: float | None
    measure: Callable[[Runs], Figure]
    less_is_better: bool = False

    def reaches(self, value: float, wanted: float) -> bool:
        return value <= wanted if self.less_is_better else value >= wanted


def per_second(key: str) -> Callable[[dict], float]:
    return lambda run: run[key] / run["user_s"]


def connections(*words: str) -> Callable[[Runs], Figure]:
    def measure(runs: Runs) -> Figure:
        results = runs.several(*words)
        failed = results[0]["connections"] - results[0]["connects_ok"]
        if failed > results[0]["connections"] / 100:
            raise Failure(f"{' '.join(words)}: {failed} connections failed")
        return runs.figure(list(words), per_second("connections"))

    return measure


def against(*words: str) -> Callable[[Runs], Figure]:
    """Connections/s with a million in flight, in parts of those with a thousand."""

    def measure(runs: Runs) -> Figure:
        one, other = connections(*words, "1000")(runs), connections(*words, str(MILLION))(runs)
        return Figure(other.median / one.median, other.least / one.most, other.most / one.least)

    return measure


def plain_events(runs: Runs) -> Figure:
    events = runs.once("check", "churn")["plain_events"]
    return runs.figure(["churn"], lambda run: events / run["user_s"])


def bytes_each(count: int, *words: str) -> Callable[[Runs], Figure]:
    return lambda runs: runs.figure(list(words), lambda run: run["peak_bytes"] / count)


def bytes_more(count: int, more: list[str], less: list[str]) -> Callable[[Runs], Figure]:
    """What `more` takes beyond `less`, for each of the `count` entries that only it has."""

    def measure(runs: Runs) -> Figure:
        without = runs.figure(less, lambda run: run["peak_bytes"]).median
        return runs.figure(more, lambda run: (run["peak_bytes"] - without) / count)

    return measure


def hold(pending: int) -> Callable[[Runs], Figure]:
    def measure(runs: Runs) -> Figure:
        times = runs.hold(pending)
        ours, heap = times["scheduler"], times["bare_heap"]
        return Figure(heap.median / ours.median, heap.least / ours.most, heap.most / ours.least)

    return measure


def start_to_exit(runs: Runs) -> Figure:
    runs.say("lastack run, start to exit")
    scenario = ROOT / "scenarios/handshake/three_way.json"
    command = [str(runs.build / "lastack"), "run", str(scenario)]
    tries = [time_process(command) for _ in range(10 * runs.count + 1)]
    runs.done[("run", scenario.name)] = [process._asdict() for process in tries]
    return Figure.of([process.cpu_s * 1e3 for process in tries])


def traced_lines(runs: Runs) -> Figure:
    file = runs.build / "bench_trace.jsonl"
    try:
        results = runs.several("trace", str(file))
        with file.open("rb") as lines:
            count = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))
    finally:
        file.unlink(missing_ok=True)
    return Figure.of([count / run["user_s"] for run in results])


def efficiency(runs: Runs) -> Figure:
    """By wall-clock time, one thread and two in turn, so that both see the same machine."""
    pairs = runs.done[("parallel",)] = []
    for i in range(runs.count):
        runs.say(f"batch on one thread and on two: {i + 1} of {runs.count}")
        pairs.append({threads: runs.once("batch", "100000", threads) for threads in ("1", "2")})
    return Figure.of([pair["1"]["wall_s"] / (2 * pair["2"]["wall_s"]) for pair in pairs])


ROWS = [
    Row("churn", "churn", "connections/s", 400e3, 1e6, connections("churn")),
    Row("churn-1k", "churn, 1 k in flight, TIME_WAIT counted", "connections/s", None, None,
        connections("in-flight", "1000")),
    Row("churn-10k", "churn, 10 k in flight", "connections/s", None, None,
        connections("in-flight", "10000")),
    Row("churn-100k", "churn, 100 k in flight", "connections/s", None, None,
        connections("in-flight", "100000")),
    Row("churn-1m", "churn, 1 M in flight", "connections/s", None, None,
        connections("in-flight", str(MILLION))),
    Row("churn-1m-ratio", "the same, in parts of that with 1 k", "x", 1 / 2, 2 / 3,
        against("in-flight")),
    Row("open-1k", "churn, 1 k in flight, TIME_WAIT not counted", "connections/s", None, None,
        connections("open", "1000")),
    Row("open-100k", "churn, 100 k in flight, TIME_WAIT not counted", "connections/s", None, None,
        connections("open", "100000")),
    Row("open-1m", "churn, 1 M in flight, TIME_WAIT not counted", "connections/s", None, None,
        connections("open", str(MILLION))),
    Row("open-1m-ratio", "the same, in parts of that with 1 k", "x", None, None, against("open")),
    Row("churn-loss", "churn with 5 % loss each way", "connections/s", 280e3, 700e3,
        connections("churn-loss")),
    Row("events", "churn, events a plain simulator would schedule", "events/s", 8e6, 15e6,
        plain_events),
    Row("memory-idle", "memory per idle open endpoint, 1 M pairs", "B", 400, 256,
        bytes_each(2 * MILLION, "idle"), True),
    Row("memory-syn-queue", "memory per SYN-queue entry", "B", 96, 64,
        bytes_more(MILLION, ["half-open", str(MILLION)], ["unanswered", str(MILLION)]), True),
    Row("memory-time-wait", "memory per TIME_WAIT entry", "B", 96, 64,
        bytes_more(900_000, ["time-wait", str(MILLION)], ["time-wait", "100000"]), True),
    Row("hold-1k", "hold model against a bare heap, 1 k pending", "x", 1.0, 1.2, hold(1000)),
    Row("hold-100k", "hold model, 100 k pending", "x", 1.0, 1.5, hold(100_000)),
    Row("hold-10m", "hold model, 10 M pending", "x", 1.5, 3.0, hold(10_000_000)),
    Row("batch", "two-host scenario inside a batch", "runs/s", 100e3, 250e3,
        lambda runs: runs.figure(["batch", "100000"], per_second("runs"))),
    Row("parallel", "the batch on two threads, efficiency", "x", 0.9, None, efficiency),
    Row("start", "`lastack run` of a two-host scenario, start to exit", "ms", 5, 3, start_to_exit,
        True),
    Row("trace", "churn with its JSONL trace to a file", "trace events/s", 1.5e6, 3e6,
        traced_lines),
    Row("instructions", "churn, instructions per connection", "", None, None,
        lambda runs: Figure.of([instructions_per_connection(runs.build, "churn")]), True),
]  # fmt: skip
