#!/usr/bin/env python3
"""What users can rely on, tried: kills, surroundings, databases, growth.

    robustness.py LASTACK TABLE...

Prints a line for each finding and, last, how much was tried. TABLE is one of the four, or `all`.
"""

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import growth

LASTACK = ""
SKIPPED = 77
FINDINGS = []


def finding(text):
    FINDINGS.append(text)
    print("FINDING", text)


def write(path, data):
    with open(path, "w") as file:
        file.write(data if isinstance(data, str) else json.dumps(data))
    return path


def run(*arguments, timeout=60, **options):
    """Exit code and everything that was said; a hang is a finding."""
    try:
        ran = subprocess.run([LASTACK, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=timeout, **options)
    except subprocess.TimeoutExpired:
        finding(f"{' '.join(map(str, arguments))}: not done after {timeout} s")
        return None, ""
    if ran.returncode < 0 or ran.returncode > 130:
        finding(f"{' '.join(map(str, arguments))}: ended by signal {-ran.returncode}")
    return ran.returncode, ran.stdout.decode(errors="replace")


def handshakes(**more):
    return {"hosts": {"client": {}, "server": {}},
            "links": [{"a": "client", "b": "server", "delay": "10ms", "loss": 0.3}],
            "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80", **more}]}


def sweep(repeat=8):
    return {"name": "small", "scenario": {**handshakes(), "stop_at": "5min"},
            "vary": {"hosts.client.sysctl.tcp_syn_retries": [1, 2], "links.0.loss": [0.1, 0.3]},
            "metrics": ["connect_ok", "connect_time", "syn_sent"], "repeat": repeat}


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


# --- Kills: whenever a sweep is killed, --resume comes to the same bytes ---

def kills(folder):
    file = write(f"{folder}/kills.json", sweep(20000))
    run("sweep", file, "--db", f"{folder}/whole.sqlite", "--quiet")
    run("export", f"{folder}/whole.sqlite", "--csv", f"{folder}/whole.csv")
    dice = random.Random(1)
    longest = 0.12
    count = 0
    database = f"{folder}/killed.sqlite"
    while True:
        resume = ["--resume"] if os.path.exists(database) else []
        sweeping = subprocess.Popen([LASTACK, "sweep", file, "--db", database, "--quiet", *resume],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            code = sweeping.wait(timeout=dice.uniform(0.25, 1) * longest)
        except subprocess.TimeoutExpired:
            sweeping.kill()
            sweeping.wait()
            count += 1
            longest *= 1.02  # a busy machine has to come to the end, too
            continue
        if code != 0:
            finding(f"resumed after {count} kills: exit code {code}")
        break
    run("export", database, "--csv", f"{folder}/killed.csv")
    if bytes_of(f"{folder}/whole.csv") != bytes_of(f"{folder}/killed.csv"):
        finding(f"after {count} kills the results differ")
    left = sorted(name for name in os.listdir(folder) if name.startswith("killed.sqlite-") or name.endswith(".tmp"))
    if left:
        finding(f"left behind: {left}")
    return f"{count} kills of a sweep of 80,000 runs"


# --- Surroundings: the same bytes wherever it runs ---

def surroundings(folder):
    scenario = write(f"{folder}/s.json", {**handshakes(count=50, every="20ms"), "seed": 7})
    ways = {
        "as it is": {},
        "no environment": {"env": {}},
        "another language": {"env": {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "PATH": os.environ["PATH"]}},
        "another time zone": {"env": {"TZ": "Pacific/Kiritimati", "PATH": os.environ["PATH"]}},
        "another folder": {"cwd": "/"},
        "umask 077": {"umask": 0o077},
        "no stdin": {"stdin": subprocess.DEVNULL},
        "a small stack": {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))},
        "few descriptors": {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))},
        "low priority": {"preexec_fn": lambda: os.nice(19)},
    }
    seen = set()
    count = 0
    for name, options in ways.items():
        for trace in ("jsonl", "pcapng", "html", "svg"):
            out = f"{folder}/t.{trace}"
            code, said = run("run", scenario, "--quiet", "--trace", out, "--summary", f"{folder}/t.json", **options)
            count += 1
            if code != 0:
                finding(f"{name}: exit code {code}: {said.strip()}")
                continue
            seen.add((trace, hash(bytes_of(out)), hash(bytes_of(f"{folder}/t.json"))))
    if len(seen) != 4:
        finding(f"{len(seen) - 4} traces differ between surroundings")
    return f"{count} runs in {len(ways)} surroundings"


# --- Databases: whatever is in them, they are read or refused ---

STATEMENTS = [
    "update run set replication = -5 where combination = 0 and replication = 0",
    "update run set replication = -900000000000 where combination = 0 and replication = 0",
    "update run set combination = 77 where combination = 0 and replication = 0",
    "update info set value = '[[]]' where key = 'dimensions'",
    "update info set value = '[[9]]' where key = 'dimensions'",
    "update info set value = '[[0],[0]]' where key = 'dimensions'",
    "update info set value = '{}' where key = 'until'",
    """update info set value = '{"metric":"connect_ok","half_width":0.1,"confidence":5,"min":2,"max":9}' where key = 'until'""",
    """update info set value = '{"metric":"connect_ok","half_width":0.1,"confidence":0.9,"min":0,"max":9}' where key = 'until'""",
    """update info set value = '{"metric":"none","half_width":0.1,"confidence":0.9,"min":2,"max":9}' where key = 'until'""",
    "update info set value = '1/0' where key = 'shard'",
    "update info set value = '9/2' where key = 'shard'",
    "update axis set \"values\" = '[]'",
    "update axis set \"values\" = '[\"{\"]'",
    "update axis set \"values\" = printf('%.*c', 100000, '[')",
    "update info set value = '1000000000' where key = 'repeat'",
    "update info set value = '-1' where key = 'repeat'",
    "update info set value = cast(x'fffe' as text) where key = 'name'",
    "update info set value = '[\"no_such\"]' where key = 'metrics'",
    "update info set value = '[]' where key = 'metrics'",
    "update info set value = '[]' where key = 'conditions'",
    "update run set \"connect_ok\" = 9e999",
    "update run set \"connect_ok\" = 2",
    "update run set \"connect_ok\" = 'much'",
    "update run set \"connect_ok.of\" = -1",
    "update run set \"connect_ok.of\" = 9223372036854775807",
    "update run set \"connect_time\" = x'ffffffffffffffffffffffffffffffffffff'",
    "update run set \"connect_time\" = zeroblob(100000)",
    "update run set \"syn_sent\" = -9e999",
    "update combination set wanted = -3",
    "update combination set wanted = 'all'",
    "delete from axis",
    "delete from run",
    "drop table combination",
    "alter table run add column more",
    "create trigger t after update on combination begin delete from run; end",
    "drop view result; drop view by_combination; alter table run rename to r; create view run as with recursive c(x) as "
    "(select 1 union all select x + 1 from c) select x as combination, x as replication from c",
]


def databases(folder):
    file = write(f"{folder}/d.json", sweep())
    good = f"{folder}/good.sqlite"
    run("sweep", file, "--db", good, "--quiet")
    readers = [
        lambda d: ("export", d, "--csv", f"{folder}/o.csv"),
        lambda d: ("export", d, "--summary", f"{folder}/o.csv"),
        lambda d: ("export", d, "--json", f"{folder}/o.json"),
        lambda d: ("report", d, "--output", f"{folder}/o.html"),
        lambda d: ("compare", d, "--by", "tcp_syn_retries"),
        lambda d: ("compare", good, d, "--fail-if-worse", "connect_time.p99:5%"),
        lambda d: ("run", d, "--worst", "connect_time", "--quiet"),
        lambda d: ("merge", f"{folder}/m.sqlite", d),
        lambda d: ("sweep", file, "--db", d, "--resume", "--quiet"),
    ]
    count = 0
    for statement in STATEMENTS:
        for reader in readers:
            bad = f"{folder}/bad.sqlite"
            for name in (bad, f"{folder}/m.sqlite"):
                for end in ("", "-wal", "-shm"):
                    if os.path.exists(name + end):
                        os.remove(name + end)
            shutil.copyfile(good, bad)
            connection = sqlite3.connect(bad)
            try:
                connection.executescript(statement)
                connection.commit()
            except sqlite3.Error:
                pass  # some are refused by SQLite itself
            connection.close()
            arguments = reader(bad)
            code, said = run(*arguments, timeout=30)
            count += 1
            if code not in (None, 0, 1, 2):
                finding(f"{arguments[0]} after `{statement}`: exit code {code}")
            if code == 2 and "bad.sqlite" not in said and "good.sqlite" not in said:
                finding(f"{arguments[0]} after `{statement}`: no file is named: {said.strip()}")
            if "a bug of ours" in said:
                finding(f"{arguments[0]} after `{statement}`: {said.strip()}")
    return f"{count} commands on {len(STATEMENTS)} changed databases"


# --- Growth: twice as much in a file takes no more than somewhat over twice the instructions ---

def growths(folder):
    return growth.table(LASTACK, folder, finding)


TABLES = {"kills": kills, "surroundings": surroundings, "databases": databases, "growth": growths}


def main():
    global LASTACK
    LASTACK = os.path.abspath(sys.argv[1])
    wanted = list(TABLES) if sys.argv[2:] == ["all"] else sys.argv[2:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    skipped = False
    for name in wanted:
        folder = tempfile.mkdtemp(prefix="lastack-robustness-")
        start = time.monotonic()
        try:
            tried = TABLES[name](folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if tried is None:
            print(f"{name}: skipped: valgrind is not installed; tools/setup test does it")
            skipped = True
            continue
        print(f"{name}: {tried}, {len(FINDINGS)} findings, {time.monotonic() - start:.0f} s")
    sys.exit(1 if FINDINGS else SKIPPED if skipped else 0)


if __name__ == "__main__":
    main()
