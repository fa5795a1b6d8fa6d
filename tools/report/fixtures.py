#!/usr/bin/env python3
"""Makes page data for tests from real runs and sweeps.

fixtures.py run TRACE.jsonl SUMMARY.json [--scenario FILE] [--html OUT.html] [--json OUT.json]
fixtures.py batch SWEEP.sqlite [--html OUT.html] [--json OUT.json]

The program makes the same data itself; this is for looking at the page, and for its tests, without
building it. Intervals of means here are normal ones, those of shares Wilson's.
"""
import argparse
import json
import math
import sqlite3
import sys
from pathlib import Path

FORMAT = 1
HERE = Path(__file__).resolve().parent
POINTS_MAX = 300
# Defaults of linux-6 for the settings that the catalogue's sweeps vary.
DEFAULTS = {
    "tcp_syn_retries": 6, "tcp_synack_retries": 5, "tcp_syncookies": 1, "tcp_fin_timeout": 60,
    "tcp_orphan_retries": 0, "tcp_tw_reuse": 2, "somaxconn": 4096, "tcp_max_syn_backlog": 128,
    "tcp_syn_linear_timeouts": 4,
}


def run_data(trace, summary_file, scenario_file=None):
    scenario = json.loads(Path(scenario_file).read_text(encoding="utf-8")) if scenario_file else {}
    with open(trace, encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines if line.strip()]
    summary = json.loads(Path(summary_file).read_text(encoding="utf-8"))
    return {
        "kind": "run", "format": FORMAT, "version": "0.1.0", "scenario": summary["scenario"],
        "description": scenario.get("description", ""), "seed": summary["seed"],
        "command": f"lastack run {scenario_file or 'SCENARIO.json'} --seed {summary['seed']}",
        "ended_ns": round(summary["simulated_seconds"] * 1e9), "hosts": list(summary["hosts"]),
        "summary": {k: v for k, v in summary.items() if k != "hosts"}, "events": events,
    }


def unit_of(metric):
    if metric == "connect_ok":
        return "share"
    if metric.startswith(("connect_time", "close_time", "active_close", "orphan_time", "time_in")):
        return "s"
    return "bytes" if metric == "bytes_delivered" else "count"


def better_of(metric):
    if metric in ("connect_ok", "bytes_delivered"):
        return "more"
    return None if metric.startswith("time_in.ESTABLISHED") else "less"


def estimate(values, unit):
    count = len(values)
    if count == 0:
        return None
    mean = sum(values) / count
    if unit == "share":
        z2 = 1.96**2
        middle = (mean + z2 / (2 * count)) / (1 + z2 / count)
        half = 1.96 / (1 + z2 / count) * math.sqrt(mean * (1 - mean) / count + z2 / (4 * count**2))
        return [mean, min(mean, middle - half), max(mean, middle + half), count]
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, count - 1) / count)
    return [mean, mean - 1.96 * spread, mean + 1.96 * spread, count]


def distribution(values, all_runs):
    """Thinned where values lie close: the tails keep theirs."""
    values = sorted(values)
    steps = []
    for i, value in enumerate(values):
        if steps and steps[-1][0] == value:
            steps[-1][1] = i + 1
        else:
            steps.append([value, i + 1])
    if len(steps) > POINTS_MAX:
        places = sorted({round(i * (len(steps) - 1) / (POINTS_MAX - 1)) for i in range(POINTS_MAX)})
        steps = [steps[i] for i in places]
    return {"count": len(values), "of": all_runs, "seconds": [s[0] for s in steps],
            "upto": [s[1] for s in steps]}


def short_names(paths):
    last = [path.split(".")[-1] for path in paths]
    return [name if last.count(name) == 1 else path for name, path in zip(last, paths)]


def role_of(path):
    settings = ("sysctl", "setsockopt", "backlog", "limits", "profile")
    return "setting" if any(part in settings for part in path.split(".")) else "condition"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def batch_data(database):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    info = dict(db.execute("SELECT key, value FROM info"))
    axes = [(path, [json.loads(v) for v in json.loads(values)])
            for path, values in db.execute('SELECT path, "values" FROM axis ORDER BY position')]
    paths = [path for path, _ in axes]
    names = short_names(paths)
    metrics = json.loads(info["metrics"])
    units = [unit_of(m) for m in metrics]
    columns = ", ".join(map(quoted, metrics))
    combinations = []
    worst = []
    settings_sql = "".join(", " + quoted(p) for p in paths)
    for row in db.execute(f"SELECT combination{settings_sql} FROM combination ORDER BY combination"):
        index, settings = row[0], row[1:]
        runs = db.execute(
            f"SELECT replication, seed, {columns} FROM run WHERE combination = ? ORDER BY replication",
            (index,)).fetchall()
        at = [place_of(values, value) for (_, values), value in zip(axes, settings)]
        by_metric = [[r[2 + m] for r in runs if r[2 + m] is not None] for m in range(len(metrics))]
        entry = {"index": index, "at": at, "runs": len(runs),
                 "values": [estimate(v, u) for v, u in zip(by_metric, units)]}
        if "connect_time.mean" in metrics:
            entry["connect_time"] = distribution(by_metric[metrics.index("connect_time.mean")],
                                                 len(runs))
        combinations.append(entry)
        worst += worst_of(runs, metrics, len(combinations) - 1, paths, settings, info)
    return {
        "kind": "batch", "format": FORMAT, "version": info["version"], "name": info["name"],
        "description": info["description"], "scenario": json.loads(info["scenario"])["name"],
        "seed": int(info["seed"]), "repeat": info.get("repeat_text", info["repeat"]),
        "runs": sum(c["runs"] for c in combinations), "confidence": 0.95,
        "command": f"lastack sweep {info['scenario_file'] or 'SWEEP.json'} --db {Path(database).name}",
        "distribution_of": "runs",
        "axes": [{"path": p, "name": n, "role": role_of(p), "values": v,
                  "default": DEFAULTS.get(n)} for (p, v), n in zip(axes, names)],
        "metrics": [{"name": m, "unit": u, "better": better_of(m)} for m, u in zip(metrics, units)],
        "combinations": combinations,
        "expectations": [], "worst": pick_worst(worst, metrics),
    }


def place_of(values, value):
    for i, wanted in enumerate(values):
        if wanted == value or json.dumps(wanted) == value or str(wanted) == str(value):
            return i
    raise ValueError(f"{value!r} is none of {values!r}")


def command(paths, settings, seed, info):
    sets = " ".join(f"--set {p}={s}" for p, s in zip(paths, settings))
    return f"lastack run {info['scenario_file'] or 'SCENARIO.json'} --seed {seed} {sets} --ladder"


def worst_of(runs, metrics, combination, paths, settings, info):
    found = []
    for m, metric in enumerate(metrics):
        sign = 1 if better_of(metric) == "more" else -1
        known = [r for r in runs if r[2 + m] is not None]
        for run in sorted(known, key=lambda r: (sign * r[2 + m], r[0]))[:2]:
            found.append((sign * run[2 + m], {
                "metric": m, "combination": combination, "replication": run[0], "seed": run[1],
                "value": run[2 + m], "command": command(paths, settings, run[1], info)}))
    return found


def pick_worst(found, metrics, each=5):
    rows = []
    for m in range(len(metrics)):
        mine = sorted((f for f in found if f[1]["metric"] == m), key=lambda f: f[0])
        rows += [entry for _, entry in mine[:each]]
    return rows


def fill_page(data):
    """The page with its data; `</` would end the script element."""
    page = (HERE / "page.html").read_text(encoding="utf-8")
    place = '<script id="data" type="application/json">null</script>'
    if place not in page:
        sys.exit("page.html: no place for the data")
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return page.replace(place, place.replace("null", "\0")).replace("\0", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    run = kinds.add_parser("run")
    run.add_argument("trace")
    run.add_argument("summary")
    run.add_argument("--scenario")
    batch = kinds.add_parser("batch")
    batch.add_argument("database")
    for one in (run, batch):
        one.add_argument("--html")
        one.add_argument("--json")
    args = parser.parse_args()
    if args.kind == "run":
        data = run_data(args.trace, args.summary, args.scenario)
    else:
        data = batch_data(args.database)
    if args.json:
        Path(args.json).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    if args.html:
        Path(args.html).write_text(fill_page(data), encoding="utf-8")


if __name__ == "__main__":
    main()
