"""What a file can multiply: shapes of files that double, and the instructions that a command takes.

n log n at these sizes is 2.2 times when n doubles. What a command takes of a file that says next to nothing is
taken off, so that small sizes tell as much as a megabyte would.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import threading

ALLOWED = 2.45
SHAPES = []


def shape(command, n):
    """Registers a function that makes a file, or of a database its sweep."""

    def note(make):
        SHAPES.append((command, n, make))
        return make

    return note


# --- Parts of scenarios ---

def handshakes(**more):
    return {"hosts": {"client": {}, "server": {}},
            "links": [{"a": "client", "b": "server", "delay": "10ms"}],
            "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80", **more}]}


def star(n):
    names = [f"h{i}" for i in range(n)]
    return {"hosts": {"server": {}, **{name: {} for name in names}},
            "links": [{"a": name, "b": "server", "delay": "1ms"} for name in names],
            "apps": [{"host": "server", "listen": 80}]}


def sweep(scenario, vary, **more):
    return {"scenario": scenario, "vary": vary, "metrics": ["connect_ok"], "repeat": 1, **more}


def losses(n):
    return [i / (2 * n) for i in range(n)]


# --- Hosts, routers, links ---

@shape("run", 500)
def hosts(n):
    return star(n)


@shape("run", 400)
def routers_in_a_chain(n):
    routers = [f"r{i}" for i in range(n)]
    chain = ["client", *routers, "server"]
    return {**handshakes(), "routers": routers,
            "links": [{"a": a, "b": b, "delay": "1ms"} for a, b in zip(chain, chain[1:])]}


@shape("run", 500)
def routers_and_their_hosts(n):
    """Ten of them talk to one, each behind a router of its own."""
    made = star(n)
    made["routers"] = ["core", *(f"r{i}" for i in range(n))]
    made["links"] = [{"a": "core", "b": "server", "delay": "1ms"}]
    for i in range(n):
        made["links"] += [{"a": f"h{i}", "b": f"r{i}", "delay": "1ms"}, {"a": f"r{i}", "b": "core", "delay": "1ms"}]
    made["apps"] += [{"host": f"h{i}", "connect": "server:80"} for i in range(0, n, max(n // 10, 1))]
    return made


@shape("validate", 300)
def events_of_links(n):
    return {**star(n), "events": [{"at": f"{i}ms", "link": [f"h{i}", "server"], "do": "down"} for i in range(n)]}


@shape("validate", 1000)
def links_side_by_side(n):
    return {**handshakes(), "links": [{"a": "client", "b": "server", "delay": "10ms"} for _ in range(n)]}


@shape("validate", 1000)
def unknown_names(n):
    return {**handshakes(), "apps": [{"host": f"k{i}", "listen": 80} for i in range(n)]}


@shape("validate", 20000)
def a_long_name(n):
    return {**handshakes(), "apps": [{"host": "x" * n, "listen": 1}], "description": "\x1b\n" * n}


@shape("validate", 2000)
def lines_of_a_sysctl_file(n, folder):
    with open(f"{folder}/lines-{n}.conf", "w") as file:
        file.write("net.ipv4.tcp_syn_retries = 3\n" * n)
    return {**handshakes(), "hosts": {"client": {"sysctl_file": f"lines-{n}.conf"}, "server": {}}}


# --- Apps ---

@shape("run", 2000)
def listeners(n):
    return {**handshakes(), "apps": [{"host": "server", "listen": 1 + i} for i in range(n)]}


@shape("run", 300)
def connectors(n):
    return {**handshakes(), "apps": [{"host": "server", "listen": 80}] + [
        {"host": "client", "connect": "server:80", "at": f"{i}ms"} for i in range(n)]}


@shape("run", 3000)
def steps(n):
    return handshakes(steps=[{"sleep": "1us"} for _ in range(n)])


@shape("run", 400)
def no_port_left(n):
    """Half of them find none."""
    made = handshakes(count=n, every="1us", steps=[{"hold": True}])
    made["hosts"]["client"] = {"sysctl": {"ip_local_port_range": f"32768 {32768 + n // 2 - 1}"}}
    return {**made, "stop_at": "2s"}


@shape("run", 20)
def bulk_through_a_large_window(n):
    """As much as the window holds, and as much again."""
    memory = f"4096 131072 {n * 1_000_000}"
    made = handshakes(steps=[{"send": n * 200_000}, {"close": True}])
    made["hosts"] = {name: {"sysctl": {"tcp_rmem": memory, "tcp_wmem": memory}} for name in made["hosts"]}
    made["links"][0] |= {"delay": "500ms", "loss": 0.001}
    made["apps"][0]["steps"] = [{"recv": "eof"}, {"close": True}]
    return made


# --- Faults, forged segments, events ---

@shape("validate", 800)
def windows_of_faults(n):
    return {**handshakes(), "faults": [
        {"on": "client->server", "after": f"{n - i}us", "until": f"{n + i + 1}us", "do": "drop"} for i in range(n)]}


@shape("run", 800)
def faults_that_match_nothing(n):
    return {**handshakes(), "faults": [
        {"on": "client->server", "after": f"{i + 1000}s", "until": f"{i + 1001}s", "do": "drop"} for i in range(n)]}


@shape("validate", 500)
def forged_segments_and_reboots(n):
    return {**handshakes(),
            "inject": [{"at": f"{i}ms", "from": "client", "to": "server", "sport": 1, "dport": 2, "flags": "R"}
                       for i in range(n)],
            "events": [{"at": f"{i}ms", "host": "server", "do": "reboot"} for i in range(n)]}


@shape("run", 3000)
def settings_that_change(n):
    return {**handshakes(), "events": [
        {"at": f"{i}ms", "host": "server", "sysctl": {"tcp_syn_retries": 3}} for i in range(n)]}


# --- Expectations ---

def expecting(n, each, **more):
    return {**handshakes(count=n // 2, every="1ms"), "stop_at": "5min", **more, "expect": [each(i) for i in range(n)]}


@shape("run", 400)
def expected_segments(n):
    return expecting(n, lambda i: {"segments": {"on": "client->server", "after": f"{i}ms"}, "count": 0.5})


@shape("run", 400)
def expected_calls(n):
    return expecting(n, lambda i: {"call": "connected", "host": "client", "after": f"{i}ms", "count": 0.5})


@shape("run", 400)
def expected_nth_calls(n):
    return expecting(n, lambda i: {"call": "connected", "host": "client", "nth": i + 1, "result": "EPIPE"})


@shape("run", 400)
def expected_states(n):
    return expecting(n, lambda i: {"state": "SYN_SENT", "socket": "server:80", "at": f"{i}ms"})


@shape("run", 400)
def expected_paths(n):
    return expecting(n, lambda i: {"path": ["SYN_SENT"], "socket": f"client:{32768 + i}", "peer": "server:80"})


@shape("test --github", 600)
def failures_as_annotations(n):
    return {**handshakes(), "expect": [{"call": "connect", "host": "client", "nth": i + 2} for i in range(n)]}


# --- Sweeps ---

@shape("validate", 500)
def values_of_an_axis(n):
    return sweep(handshakes(), {"links.0.loss": losses(n)})


@shape("validate", 500)
def steps_of_an_axis(n):
    return sweep(handshakes(), {"links.0.loss": {"from": 0, "to": 0.5, "steps": n}})


@shape("validate", 50)
def axes_and_hosts(n):
    return sweep(star(5 * n), {f"hosts.h{i}.sysctl.tcp_syn_retries": [1] for i in range(n)})


@shape("validate", 500)
def expectations_of_a_sweep(n):
    return sweep(handshakes(), {"links.0.loss": losses(n)},
                 expect=[{"metric": "connect_ok", "where": {"loss": loss}, "min": 0} for loss in losses(n)])


@shape("sweep", 100)
def a_sweep_that_fails(n):
    return sweep(handshakes(), {"links.0.loss": losses(n)},
                 expect=[{"metric": "connect_ok", "where": {"loss": loss}, "max": 0.5} for loss in losses(n)])


@shape("validate", 5000)
def a_dotted_path(n):
    return sweep(handshakes(), {"a." * n + "b": [1]})


# --- Databases of which a few combinations have run: four times as many combinations when n doubles ---

def few_of_many(n):
    return sweep(handshakes(), {"links.0.loss": losses(n), "hosts.client.sysctl.tcp_syn_retries":
                                [i % 120 + 1 for i in range(min(n, 120))], "links.0.jitter":
                                [f"{i}us" for i in range(n)]})


for each in ("export DB --summary -", "report DB -o OUT", "compare DB --by jitter", "compare DB DB"):
    shape(each, 300)(few_of_many)


# --- Instructions ---

REFUSED = [links_side_by_side, unknown_names, a_long_name, a_dotted_path]  # with exit code 2


def instructions(command, make):
    """Of a command that ends as it should: what is refused at once would tell nothing."""
    counted = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace", check=False)
    count = re.search(r"Collected : (\d+)", counted.stderr)
    ends = [2] if make in REFUSED else [0, 1]  # 1: an expectation failed
    return int(count[1]) if count and counted.returncode in ends else None


MAKING = threading.Lock()


def command_line(program, folder, command, size, make):
    file = f"{folder}/{make.__name__}-{size}.json"
    database = f"{file}.sqlite"
    with MAKING:  # several commands read the same
        if not os.path.exists(file):
            with open(file, "w") as out:
                json.dump(make(size, folder) if make is lines_of_a_sysctl_file else make(size), out)
        if "DB" in command and not os.path.exists(database):
            subprocess.run([program, "sweep", file, "--db", database, "--quiet", "--shard", f"1/{size * size * 2}"],
                           check=True)
    if "DB" not in command:
        return [program, *command.split(), "--quiet", file]
    return [program, *command.replace("DB", database).replace("OUT", f"{file}.html").split()]


def least(program, folder, command):
    """What a command takes of next to nothing."""
    if "DB" in command:
        return instructions(command_line(program, folder, command, 5, few_of_many), few_of_many)
    return instructions(command_line(program, folder, command, 2, hosts), hosts)


def measure(program, folder, command, n, make):
    """Instructions of n and of twice as many."""
    return [instructions(command_line(program, folder, command, size, make), make) for size in (n, 2 * n)]


def table(program, folder, finding):
    """Prints a line for each shape; `finding` is told of those that grow faster than n log n."""
    if shutil.which("valgrind") is None:
        return None
    shapes = SHAPES
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda each: measure(program, folder, *each), shapes)
        commands = sorted({command for command, _, _ in shapes} - {"sweep"})
        bases = dict(zip(commands, pool.map(lambda each: least(program, folder, each), commands)))
        results = list(results)
    for (command, n, make), result in zip(shapes, results):
        name = f"{make.__name__} ({command})"
        if None in result:
            finding(f"{name}: did not end as it should")
            continue
        less, more = (count - bases.get(command, bases["run"]) for count in result)
        line = f"{name}: {n}: {less:,} instructions, {2 * n}: {more:,}, {more / max(less, 1):.2f} times"
        print(line, flush=True)
        # What takes next to no instructions is not measured.
        if more > 2_000_000 and more > ALLOWED * less:
            finding(f"{line}: grows faster than n log n")
    return f"{len(shapes)} shapes doubled"
