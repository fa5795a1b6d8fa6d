"""Draws how the figures change with the number in flight, with gnuplot."""

import subprocess
import tempfile
from pathlib import Path

from runs import Failure, Runs

PICTURE = Path(__file__).with_name("curves.svg")
IN_FLIGHT = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
PENDING = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]

SCRIPT = """
set terminal svg size 900,360 font "sans-serif,12" background "white"
set output "{picture}"
set multiplot layout 1,2
set logscale x
set format x "%.0s %c"
set grid lc rgb "#dddddd"
set key bottom left
set yrange [0:*]
set title "Churn"
set xlabel "connections in flight"
set ylabel "thousand connections/s"
set xrange [700:1400000]
plot "{data}/whole" using 1:($2/1000) with linespoints lw 2 pt 7 ps 0.5 lc rgb "#1f77b4" \\
       title "TIME\\\\_WAIT counted", \\
     "{data}/busy" using 1:($2/1000) with linespoints lw 2 pt 7 ps 0.5 lc rgb "#d62728" \\
       title "TIME\\\\_WAIT not counted"
set key top left
set title "Scheduler, hold model"
set xlabel "events pending"
set ylabel "ns an event"
set xrange [700:14000000]
plot "{data}/bare_heap" with linespoints lw 2 pt 7 ps 0.5 lc rgb "#7f7f7f" title "bare 4-ary heap", \\
     "{data}/scheduler" with linespoints lw 2 pt 7 ps 0.5 lc rgb "#2ca02c" title "Scheduler"
"""


def write(file: Path, points: list[tuple[int, float]]) -> None:
    file.write_text("".join(f"{x} {y}\n" for x, y in points), encoding="utf-8")


def churn_points(runs: Runs, name: str) -> list[tuple[int, float]]:
    rate = lambda run: run["connections"] / run["user_s"]
    return [(count, runs.figure([name, str(count)], rate).median) for count in IN_FLIGHT]


def draw(runs: Runs) -> None:
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        write(data / "whole", churn_points(runs, "in-flight"))
        write(data / "busy", churn_points(runs, "open"))
        for queue in ["scheduler", "bare_heap"]:
            write(data / queue, [(n, runs.hold(n)[queue].median) for n in PENDING])
        runs.say("")
        script = SCRIPT.format(picture=PICTURE, data=data)
        try:
            subprocess.run(["gnuplot"], input=script, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Failure(f"gnuplot: {error}; tools/setup bench installs it") from error
    print(PICTURE)
