#!/usr/bin/env python3
"""The parts of a sweep that ran apart come to what it comes to on one machine, or are refused by name.

    merge_test.py LASTACK
"""

import glob
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import sweeps


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lastack-merge-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat=50))
        self.out = f"{self.folder}/out.sqlite"

    def alone(self):
        sweeps.run("sweep", self.file, "--db", f"{self.folder}/alone.sqlite", "-j", 2, "--quiet")
        return sweeps.csv_of(f"{self.folder}/alone.sqlite")


class Whole(Case):
    def check(self, repeat, counts):
        sweeps.write(self.file, sweeps.sweep(repeat))
        alone = self.alone()
        for count in counts:
            with self.subTest(shards=count):
                parts = sweeps.shards(self.file, count, self.folder, "--quiet", "-j", 1 + count % 2)
                sweeps.run("merge", self.out, *reversed(parts))
                self.assertTrue(sweeps.csv_of(self.out) == alone)
                self.assertEqual(self.wanted(self.out), self.wanted(f"{self.folder}/alone.sqlite"))
                for path in [self.out, *parts]:
                    os.remove(path)

    def wanted(self, database):
        connection = sqlite3.connect(database)
        rows = connection.execute("SELECT combination, wanted FROM combination ORDER BY combination").fetchall()
        connection.close()
        self.assertEqual(len(rows), 6)
        return rows

    def test_any_number_of_shards_comes_to_the_same(self):
        self.check(50, [1, 2, 3, 7, 8, 13])

    def test_also_more_shards_than_runs(self):
        self.check(1, [6, 9])

    def test_also_where_combinations_run_until_an_interval_is_narrow(self):
        self.check({"until": {"metric": "connect_ok", "half_width": 0.02}, "min": 100, "max": 4000}, [1, 4, 6, 8])

    def test_expectations_are_judged_after_the_merge(self):
        for least, code in ((0.5, 0), (0.999, 1)):
            expect = [{"metric": "connect_ok", "where": {"tcp_syn_retries": 1}, "min": least}]
            sweeps.write(self.file, {**sweeps.sweep(repeat=50), "expect": expect})
            parts = sweeps.shards(self.file, 3, self.folder, "--quiet")
            sweeps.run("merge", self.out, *parts)
            before = sweeps.count_runs(self.out)
            said = sweeps.run("sweep", self.file, "--db", self.out, "--resume", wants=code)
            self.assertIn("connect_ok", said)
            self.assertEqual(sweeps.count_runs(self.out), before)
            for path in [self.out, *parts]:
                os.remove(path)


class Refused(Case):
    """Exit code 2, each culprit by its name, nothing written, and the parts as they were."""

    def setUp(self):
        super().setUp()
        self.parts = sweeps.shards(self.file, 4, self.folder, "--quiet")

    def refused(self, parts, *said, **options):
        files = {name: os.path.getmtime(f"{self.folder}/{name}") for name in os.listdir(self.folder)}
        answer = sweeps.run("merge", self.out, *parts, wants=2, **options)
        for words in said:
            self.assertIn(words, answer)
        self.assertEqual(answer.count("\n"), 1)
        self.assertEqual({name: os.path.getmtime(f"{self.folder}/{name}") for name in os.listdir(self.folder)}, files)

    def test_overlap(self):
        again = shutil.copy(self.parts[1], f"{self.folder}/again.sqlite")
        self.refused([*self.parts, again], "again.sqlite: holds shard 2/4, and so does", "part-2-of-4.sqlite")
        self.refused([*self.parts, self.parts[3]], "part-4-of-4.sqlite: holds shard 4/4, and so does")

    def test_gap(self):
        self.refused([self.parts[0], self.parts[1], self.parts[3]], "is one of 4 shards, of which shard 3 is missing")

    def test_other_versions(self):
        sweeps.change(self.parts[2], "UPDATE info SET value = '0.1' WHERE key = 'version'")
        self.refused(self.parts, "part-3-of-4.sqlite: was made by version 0.1", "part-1-of-4.sqlite by version")

    def test_a_part_that_is_not_complete(self):
        sweeps.change(self.parts[1], sweeps.DELETE_ONE_RUN)
        self.refused(self.parts, "part-2-of-4.sqlite: is not complete: 1 run is missing", "--resume", "shard 2/4")

    def test_a_part_that_was_killed(self):
        os.remove(self.parts[3])
        sweeps.write(self.file, sweeps.sweep(repeat=20000))
        other = [f"{self.folder}/long-{i}.sqlite" for i in (1, 2)]
        for i, path in enumerate(other, 1):
            sweep = subprocess.Popen([sweeps.LASTACK, "sweep", self.file, "--db", path, "--shard", f"{i}/2", "--quiet"])
            while sweeps.count_runs(path) == 0:
                self.assertIsNone(sweep.poll())
            sweep.kill()
            sweep.wait()
        answer = sweeps.run("merge", self.out, *other, wants=2)
        self.assertIn("long-1.sqlite: is not complete", answer)
        self.assertFalse(os.path.exists(self.out))

    def test_a_part_of_another_sweep(self):
        sweeps.write(self.file, {**sweeps.sweep(repeat=50, seed=2), "name": "quite another"})
        os.remove(self.parts[2])
        sweeps.run("sweep", self.file, "--db", self.parts[2], "--shard", "3/4", "--quiet")
        self.refused(self.parts, 'part-3-of-4.sqlite: is of another sweep ("quite another")', "part-1-of-4.sqlite")

    def test_another_number_of_shards(self):
        part = f"{self.folder}/part-3-of-5.sqlite"
        sweeps.run("sweep", self.file, "--db", part, "--shard", "3/5", "--quiet")
        self.refused([*self.parts[:2], part, self.parts[3]], "part-3-of-5.sqlite: is one of 5 shards", "part-1-of-4.sqlite one of 4")

    def test_a_part_that_is_not_there_or_no_database(self):
        self.refused([*self.parts[:3], f"{self.folder}/nothing.sqlite"], "nothing.sqlite: there is no such file")
        self.refused([*self.parts[:3], self.file], "sweep.json: is no SQLite database")
        self.refused([*self.parts[:3], self.folder], ": is a folder")

    def test_an_output_that_is_there(self):
        shutil.copy(self.parts[0], self.out)
        self.refused(self.parts, "out.sqlite: exists already")
        self.out = self.parts[0]
        before = sweeps.csv_of(self.out)
        answer = sweeps.run("merge", self.out, *self.parts, wants=2)
        self.assertIn("OUT: want a file of its own", answer)
        self.assertIn("part-1-of-4.sqlite, which this command reads", answer)
        self.assertTrue(sweeps.csv_of(self.out) == before)

    def test_an_output_that_cannot_be_made(self):
        self.out = f"{self.folder}/nowhere/out.sqlite"
        self.refused(self.parts, "nowhere/out.sqlite: cannot be written: No such file or directory")

    def test_a_full_disk(self):
        """Wherever it happens: while the tables are made, or in the middle of the runs."""
        for size in (40_000, 60_000):  # the parts' own index files have 32 KiB

            def limit():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            self.refused(self.parts, "out.sqlite: ", preexec_fn=limit)

    def test_a_merge_that_is_killed_leaves_nothing_that_looks_whole(self):
        sweeps.write(self.file, {**sweeps.sweep(repeat=6000, connections=1)})
        parts = sweeps.shards(self.file, 2, self.folder, "--quiet")
        merge = subprocess.Popen([sweeps.LASTACK, "merge", self.out, *parts])
        while not os.path.exists(self.out + ".unfinished"):
            self.assertIsNone(merge.poll())
        merge.kill()
        self.assertEqual(merge.wait(), -signal.SIGKILL)
        self.assertFalse(os.path.exists(self.out))
        sweeps.run("merge", self.out, *parts)
        self.assertEqual(glob.glob(f"{self.folder}/out*"), [self.out])
        self.assertEqual(sweeps.count_runs(self.out), 36000)

    def test_two_at_once_make_one_whole(self):
        """The loser says so; whoever wins, the result is whole."""
        alone = self.alone()
        for _ in range(5):
            both = [subprocess.Popen([sweeps.LASTACK, "merge", self.out, *self.parts], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True) for _ in range(2)]
            answers = [merge.communicate()[1] for merge in both]
            codes = sorted(merge.returncode for merge in both)
            self.assertEqual(codes, [0, 2], answers)
            loser = next(answer for merge, answer in zip(both, answers) if merge.returncode == 2)
            self.assertRegex(loser, "out.sqlite: (exists already|is being written by another `lastack merge`)")
            self.assertEqual(glob.glob(f"{self.folder}/out*"), [self.out])
            self.assertTrue(sweeps.csv_of(self.out) == alone)
            os.remove(self.out)

    def test_a_run_that_is_in_two_parts(self):
        """Somebody's copy by hand: the shards are right, the rows are not."""
        sweeps.change(self.parts[1], f"ATTACH '{self.parts[0]}' AS other; INSERT INTO run SELECT * FROM other.run LIMIT 1")
        self.refused(self.parts, "part-2-of-4.sqlite: holds 1 runs of other shards than its own, 2/4")


if __name__ == "__main__":
    sweeps.LASTACK = os.path.abspath(sys.argv.pop(1))
    unittest.main()
