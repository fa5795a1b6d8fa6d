#!/usr/bin/env python3
"""A sweep that is killed twenty times comes to what an undisturbed one comes to.

    killed_test.py LASTACK
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import sweeps

KILLS = 20


class KilledTwentyTimes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lastack-killed-")
        self.addCleanup(shutil.rmtree, self.folder)

    def undisturbed(self, file):
        """The CSV."""
        sweeps.run("sweep", file, "--db", f"{self.folder}/whole.sqlite", "-j", 3, "--quiet")
        return sweeps.csv_of(f"{self.folder}/whole.sqlite")

    def begin(self, file, database, threads):
        return subprocess.Popen([sweeps.LASTACK, "sweep", file, "--db", database, "--resume", "--quiet", "-j", str(threads)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def kill_again_and_again(self, file, database, runs, seed):
        """Kills it while it starts or goes on, or some time after it stored something new, on machines of any speed.
        Returns how many runs were stored after each kill."""
        chance = random.Random(seed)
        stored = [0]
        for _ in range(KILLS):
            sweep = self.begin(file, database, chance.randint(1, 3))
            wanted = stored[-1] + chance.choice([0, chance.randint(1, runs // 25)])
            while sweeps.count_runs(database) < wanted and sweep.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.04))
            sweep.kill()
            said = sweep.communicate()[0]
            self.assertEqual(sweep.returncode, -signal.SIGKILL, "it ended before it was killed:\n" + said)
            stored.append(self.stored(database))
        return stored[1:]

    def stored(self, database):
        """Counted in a copy, so that the next start finds the write-ahead log as the kill left it."""
        for end in ("", "-wal"):
            if os.path.exists(database + end):
                shutil.copy(database + end, f"{self.folder}/copy.sqlite{end}")
        runs = sweeps.count_runs(f"{self.folder}/copy.sqlite")
        for name in os.listdir(self.folder):
            if name.startswith("copy.sqlite"):
                os.remove(f"{self.folder}/{name}")
        return runs

    def check(self, repeat, seed):
        file = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat))
        whole = self.undisturbed(file)
        runs = whole.count(b"\n") - 1
        database = f"{self.folder}/killed.sqlite"
        stored = self.kill_again_and_again(file, database, runs, seed)
        print(f"of {runs} runs were stored after each kill: {stored}", file=sys.stderr)
        self.assertEqual(stored, sorted(stored), "what was stored once is lost")
        self.assertGreaterEqual(len(set(stored)), KILLS // 3, "most kills came before anything was stored")
        self.assertLess(stored[-1], runs, "nothing was left to do after the kills")
        sweeps.run("sweep", file, "--db", database, "--resume", "--quiet", "-j", 1)
        self.assertTrue(sweeps.csv_of(database) == whole, "the CSV differs from that of an undisturbed sweep")
        self.assertEqual(sorted(os.listdir(self.folder)), ["killed.sqlite", "sweep.json", "whole.sqlite"])

    def test_with_a_fixed_number_of_runs(self):
        self.check(repeat=3000, seed=1)

    def test_with_runs_until_the_interval_is_narrow(self):
        self.check(repeat={"until": {"metric": "connect_time", "half_width": 0.007}, "min": 200, "max": 40000}, seed=2)

    def test_a_kill_at_the_very_start_leaves_what_can_be_gone_on_with(self):
        file = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat=50))
        whole = self.undisturbed(file)
        for milliseconds in range(0, 40, 2):
            database = f"{self.folder}/early-{milliseconds}.sqlite"
            sweep = self.begin(file, database, 1)
            time.sleep(milliseconds / 1000)
            sweep.kill()
            sweep.communicate()
            sweeps.run("sweep", file, "--db", database, "--resume", "--quiet")
            self.assertTrue(sweeps.csv_of(database) == whole, f"killed after {milliseconds} ms")

    def test_two_sweeps_that_begin_a_database_at_the_same_moment_share_it(self):
        file = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat=5))
        whole = self.undisturbed(file)
        for attempt in range(40):
            database = f"{self.folder}/shared-{attempt}.sqlite"
            both = [self.begin(file, database, 1) for _ in range(2)]
            said = [each.communicate()[0] for each in both]
            self.assertEqual([each.returncode for each in both], [0, 0], said)
            self.assertTrue(sweeps.csv_of(database) == whole)

    def test_two_sweeps_at_once_into_one_database_come_to_the_same(self):
        file = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat=1000))
        whole = self.undisturbed(file)
        database = f"{self.folder}/both.sqlite"
        both = [self.begin(file, database, 1) for _ in range(2)]
        said = [each.communicate()[0] for each in both]
        self.assertEqual([each.returncode for each in both], [0, 0], said)
        self.assertTrue(sweeps.csv_of(database) == whole)


if __name__ == "__main__":
    sweeps.LASTACK = os.path.abspath(sys.argv.pop(1))
    unittest.main()
