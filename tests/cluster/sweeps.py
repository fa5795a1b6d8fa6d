"""What the tests of batches have in common: small sweeps, and the program that runs them."""

import json
import os
import sqlite3
import subprocess

LASTACK = ""  # set by each test
DELETE_ONE_RUN = "DELETE FROM run WHERE (combination, replication) = (SELECT combination, replication FROM run LIMIT 1)"


def scenario(connections=20):
    """Connections over a link that loses much, so that no two runs are alike."""
    return {
        "stop_at": "5min",
        "hosts": {"clients": {"count": connections}, "server": {}},
        "links": [{"a": "clients", "b": "server", "delay": "10ms", "loss": 0.2}],
        "apps": [{"host": "server", "listen": 80, "steps": [{"recv": "eof"}, {"close": True}]},
                 {"host": "clients", "connect": "server:80", "steps": [{"close": True}]}]}


def sweep(repeat, connections=20, seed=1):
    return {
        "name": "a small sweep", "description": "For tests.", "scenario": scenario(connections), "seed": seed,
        "vary": {"hosts.clients.sysctl.tcp_syn_retries": [1, 2, 3], "links.0.loss": [0.05, 0.3]},
        "repeat": repeat, "metrics": ["connect_ok", "connect_time", "syn_sent", "time_in.TIME_WAIT"]}


def write(path, data):
    with open(path, "w") as file:
        json.dump(data, file)
    return path


def run(*arguments, wants=0, **options):
    """Runs the program and returns what it printed on stdout and stderr together."""
    ran = subprocess.run([LASTACK, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, timeout=200, **options)
    if wants is not None and ran.returncode != wants:
        raise AssertionError(f"lastack {' '.join(map(str, arguments))}: want exit code {wants}, have "
                             f"{ran.returncode}:\n{ran.stdout}")
    return ran.stdout


def csv_of(database):
    """The exported CSV's bytes."""
    path = f"{database}.csv"
    run("export", database, "--csv", path)
    with open(path, "rb") as file:
        text = file.read()
    os.remove(path)
    return text


def shards(path, count, folder, *options):
    """Runs all shards of a sweep here; returns their databases."""
    parts = [f"{folder}/part-{i}-of-{count}.sqlite" for i in range(1, count + 1)]
    for i, part in enumerate(parts, 1):
        run("sweep", path, "--db", part, "--shard", f"{i}/{count}", *options)
    return parts


def change(database, sql):
    """What somebody might do to a database by hand."""
    connection = sqlite3.connect(database)
    with connection:
        connection.executescript(sql)
    connection.close()


def count_runs(database):
    """The runs that are stored, also while they are being stored; 0 where there is nothing yet."""
    if not os.path.exists(database):
        return 0
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM run").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0
