#!/usr/bin/env python3
"""While a command loads something large, a terminal shows it after a second, and Ctrl-C ends it.

    loading_check.py LASTACK

The program is stopped while the test looks at it, so that nothing depends on how fast the machine is: it gets the
processor for a few milliseconds at a time, and each of its threads a turn, until what is waited for has happened.
"""

import contextlib
import json
import os
import pty
import resource
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

LASTACK = ""
RECORDING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle", "traces", "abort.trace.json")
SECOND = 1.2  # what has to have passed before anything is shown

SCENARIO = {
    "hosts": {"client": {}, "server": {}}, "links": [{"a": "client", "b": "server", "delay": "10ms"}],
    "apps": [{"host": "server", "listen": 80}, {"host": "client", "connect": "server:80", "from_port": 40000}]}
FAULTS = [{"on": "client->server", "flags": "F.", "nth": 1 + i % 1000, "do": "drop"} for i in range(100_000)]


class Missed(AssertionError):
    """What was waited for did not happen."""


class Program:
    """A command at a terminal of its own, which runs only while the test lets it."""

    def __init__(self, *arguments, folder):
        self.shown = b""
        self.begun = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.execv(LASTACK, [LASTACK, *arguments])
        self.ended = None

    def run_until(self, happened, what):
        """Lets it run in small pieces until it has happened. Fails where it ends before, or where that never comes."""
        patience = time.monotonic() + 30
        while not happened():
            if not self.step() or time.monotonic() > patience:
                raise Missed(f"{what}: not before it ended ({self.ended})\n{self.shown.decode(errors='replace')[-2000:]}")

    def kill(self):
        if self.ended is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def step(self):
        before = self.turns()
        os.kill(self.pid, signal.SIGCONT)
        time.sleep(0.005)
        self.let_others_have_a_turn(before)
        return self.stop()

    def turns(self):
        """How often each thread had the processor."""
        counts = {}
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                with open(f"/proc/{self.pid}/task/{task}/schedstat") as file:
                    counts[task] = int(file.read().split()[2])
        return counts

    def let_others_have_a_turn(self, before):
        """On a busy machine a thread may wait for the processor longer than the program is let run."""
        patience = time.monotonic() + 10
        while time.monotonic() < patience:
            now = self.turns()
            if all(now.get(task, turns + 1) > turns for task, turns in before.items()):
                return
            time.sleep(0.001)

    def stop(self):
        """Whether it was there to be stopped."""
        if self.ended is None:
            os.kill(self.pid, signal.SIGSTOP)
            _, status, used = os.wait4(self.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                self.note_end(status, used)
        self.look()
        return self.ended is None

    def note_end(self, status, used):
        self.ended = os.waitstatus_to_exitcode(status)
        self.seconds = used.ru_utime + used.ru_stime  # of the processor, however busy that is

    def look(self):
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                some = os.read(self.terminal, 65536)
            except OSError:  # nobody is at the other end any more
                return
            if not some:
                return
            self.shown += some

    def has_read(self, octets):
        with open(f"/proc/{self.pid}/io") as file:
            return int(next(line for line in file if line.startswith("rchar")).split()[1]) >= octets

    def interrupt_is_among(self, field):
        with open(f"/proc/{self.pid}/status") as file:
            signals = next(line for line in file if line.startswith(field + ":")).split()[1]
        return int(signals, 16) & 1 << (signal.SIGINT - 1) != 0

    def catches_interrupts(self):
        return self.interrupt_is_among("SigCgt")

    def has_taken_the_interrupt(self):
        return not self.interrupt_is_among("ShdPnd")

    def interrupt(self):
        os.write(self.terminal, b"\x03")

    def end(self):
        """Its exit code, or the negative number of the signal that ended it."""
        os.kill(self.pid, signal.SIGCONT)
        while self.ended is None:
            self.look()
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.note_end(status, used)
            time.sleep(0.005)
        self.look()
        os.close(self.terminal)
        return self.ended


class Loading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lastack-loading-")
        cls.write("large.json", {**SCENARIO, "faults": FAULTS, "expect": [{"metric": "connects_ok", "equals": 1}]})
        cls.write("small.json", SCENARIO)
        sweep = {"scenario": SCENARIO, "vary": {"seed": [1, 2]}, "repeat": 200_000, "metrics": ["connect_ok"]}
        cls.write("large_sweep.json", {**sweep, "expect": [{"metric": "connect_ok", "min": 0.5}],
                                       "scenario": {**SCENARIO, "faults": FAULTS}})
        cls.write("small_sweep.json", {**sweep, "repeat": 10})
        cls.write("objective.json", {
            "scenario": {**SCENARIO, "faults": FAULTS}, "settings": {"hosts.client.sysctl.tcp_syn_retries": [1, 2]},
            "maximize": {"metric": "connect_ok"}})
        cls.make_database(200_000)
        cls.make_recordings()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def write(cls, name, value):
        with open(f"{cls.folder}/{name}", "w") as file:
            json.dump(value, file)

    @classmethod
    def make_database(cls, runs):
        """One with so many runs, of which a few were really made."""
        cls.write("many.json", {"scenario": SCENARIO, "vary": {"seed": [1, 2]}, "repeat": 2, "metrics": ["connect_ok"]})
        cls.lastack("sweep", "many.json", "--db", "many.sqlite", "-q")
        base = sqlite3.connect(f"{cls.folder}/many.sqlite")
        base.execute("UPDATE info SET value = ? WHERE key = 'repeat'", (str(runs),))
        base.execute("UPDATE combination SET wanted = ?", (runs,))
        columns = [row[1] for row in base.execute("PRAGMA table_info(run)")]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join("i.n" if name == "replication" else f'r."{name}"' for name in columns)
        base.execute(f"WITH RECURSIVE i(n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM i WHERE n + 1 < {runs}) "
                     f"INSERT INTO run ({names}) SELECT {values} FROM i JOIN run r ON r.replication = 0")
        base.commit()
        base.close()

    @classmethod
    def make_recordings(cls):
        cls.lastack("run", "small.json", "-q", "--trace", "trace.jsonl")
        with open(f"{cls.folder}/trace.jsonl") as file:
            events = [json.loads(line) for line in file]
        last = next(event for event in reversed(events) if event["ev"] == "app")
        more = [{**last, "n": events[-1]["n"] + i} for i in range(100_000)]
        with open(f"{cls.folder}/large.jsonl", "w") as file:
            file.writelines(json.dumps(event, separators=(",", ":")) + "\n" for event in events[:-1] + more)
        os.mkdir(f"{cls.folder}/recordings")
        with open(RECORDING) as file:
            recorded = json.load(file)
        recorded["recordings"][0]["wire"] *= 25_000
        cls.write("recordings/small.trace.json", recorded)

    @classmethod
    def lastack(cls, *arguments):
        subprocess.run([LASTACK, *arguments], cwd=cls.folder, check=True, timeout=250, stdout=subprocess.DEVNULL)

    def loads(self, *arguments, reads, shows=b"loading "):
        """Runs a command until it has read most of a file, and interrupts it when it shows that it does."""
        for attempt in range(5):  # on a busy machine it may have loaded all before it had time to show that it loads
            program = Program(*arguments, folder=self.folder)
            try:
                self.run_until_shown(program, f"{self.folder}/{reads}", shows)
                program.interrupt()
                return program.end(), program.shown.decode(), program.seconds
            except Missed:
                program.kill()
                self.remove_outputs()
                if attempt == 4:
                    raise

    def run_until_shown(self, program, file, shows):
        program.run_until(lambda: program.has_read(min(os.path.getsize(file), 1_000_000)), f"{file} was read")
        if time.monotonic() < program.begun + 1:
            self.assertNotIn(shows, program.shown)
        time.sleep(SECOND)
        program.run_until(lambda: shows in program.shown, f"{shows} was shown")

    def outputs(self):
        return [name for name in os.listdir(self.folder) if name.startswith("x.")]

    def remove_outputs(self):
        for name in self.outputs():
            os.remove(f"{self.folder}/{name}")

    def ends_at_once(self, *arguments, **more):
        code, shown, _ = self.loads(*arguments, **more)
        self.assertEqual(code, -signal.SIGINT, shown)

    def tells_at_once(self, *arguments, **more):
        """A command that tells what it did before: not after all of the loading, which nobody waits for."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([LASTACK, *arguments], cwd=self.folder, timeout=250, capture_output=True)
        whole = resource.getrusage(resource.RUSAGE_CHILDREN)
        code, shown, seconds = self.loads(*arguments, **more)
        self.assertEqual(code, 130, shown)
        self.assertLess(seconds, 0.6 * (whole.ru_utime + whole.ru_stime - before.ru_utime - before.ru_stime), shown)
        return shown

    def test_run(self):
        self.ends_at_once("run", "large.json", reads="large.json")

    def test_validate(self):
        self.ends_at_once("validate", "large.json", reads="large.json")

    def test_sweep(self):
        self.ends_at_once("sweep", "large_sweep.json", "--db", "x.sqlite", "--junit", "x.xml", reads="large_sweep.json")
        self.assertEqual(self.outputs(), [])

    def test_tune(self):
        self.ends_at_once("tune", "objective.json", "--csv", "x.csv", reads="objective.json")
        self.assertEqual(self.outputs(), [])

    def test_diff(self):
        self.ends_at_once("diff", "large.jsonl", "trace.jsonl", reads="large.jsonl", shows=b"reading ")

    def test_databases(self):
        for command in (["report", "many.sqlite", "-o", "x.html"], ["export", "many.sqlite", "--csv", "x.csv"],
                        ["compare", "many.sqlite", "--by", "seed"], ["compare", "many.sqlite", "many.sqlite"],
                        ["run", "many.sqlite", "--worst", "connect_ok"], ["explain", "many.sqlite", "--worst", "connect_ok"]):
            with self.subTest(command=command):
                self.ends_at_once(*command, reads="many.sqlite")
        self.assertEqual(self.outputs(), [])

    def test_the_tests_of_a_folder_tell_what_was_not_run(self):
        shown = self.tells_at_once("test", "large.json", "small.json", "-j", "1", reads="large.json", shows=b" files, ")
        self.assertIn("2 not run", shown)

    def test_a_sweep_among_tests(self):
        # While it looks which files are named, nothing is worth telling.
        self.ends_at_once("test", "large_sweep.json", "--junit", "x.xml", reads="large_sweep.json")
        self.assertEqual(self.outputs(), [])

    def test_what_was_run_before_is_told(self):
        program = Program("test", "small.json", "large.json", "-j", "1", folder=self.folder)
        program.run_until(lambda: program.catches_interrupts() and program.has_read(1_000_000), "large.json was read")
        program.interrupt()
        self.assertEqual(program.end(), 130, program.shown)
        self.assertIn(b"1 not run", program.shown)
        self.assertIn(b"1 scenario ran", program.shown)

    def test_kernel_check(self):
        for case, reads in (("small.json", "recordings/small.trace.json"), ("large.json", "large.json")):
            with self.subTest(case=case):
                shown = self.tells_at_once("kernel", "check", case, "--recordings", "recordings", reads=reads,
                                           shows=b" of 1 cases")
                self.assertIn("Interrupted", shown)

    def test_a_second_interrupt_ends_anything_at_once(self):
        program = Program("sweep", "large_sweep.json", "-q", folder=self.folder)
        program.run_until(program.catches_interrupts, "it caught interrupts")
        os.kill(program.pid, signal.SIGINT)  # a terminal passes it on when it comes to it
        program.run_until(program.has_taken_the_interrupt, "it took the first")  # and reads the scenario for a run
        time.sleep(0.6)  # what comes within half a second is the same Ctrl-C
        os.kill(program.pid, signal.SIGINT)
        self.assertEqual(program.end(), -signal.SIGINT, program.shown)


def main():
    global LASTACK
    LASTACK = os.path.abspath(sys.argv.pop(1))
    unittest.main()


if __name__ == "__main__":
    main()
