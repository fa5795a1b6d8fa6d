#!/usr/bin/env python3
"""Databases that a sweep cannot go on with, and disks that are full: a clear error, exit code 2, nothing lost.

    databases_test.py LASTACK
"""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import sweeps


def content(path):
    with open(path, "rb") as file:
        return file.read()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lastack-databases-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = sweeps.write(f"{self.folder}/sweep.json", sweeps.sweep(repeat=300))
        self.database = f"{self.folder}/out.sqlite"

    def half_done(self):
        """A database of which half of the runs are missing, and the CSV it is to come to."""
        sweeps.run("sweep", self.file, "--db", self.database, "--quiet")
        whole = sweeps.csv_of(self.database)
        sweeps.change(self.database, "DELETE FROM run WHERE replication % 2 = 1")
        return whole

    def resume(self, **options):
        return sweeps.run("sweep", self.file, "--db", self.database, "--resume", "--quiet", **options)

    def refused(self, *said, ways=("sweep", "export", "merge")):
        """Each command refuses the database, says why in one line that names it, and leaves it as it is."""
        before = content(self.database)
        files = sorted(os.listdir(self.folder))
        for way in ways:
            command = {"sweep": ("sweep", self.file, "--db", self.database, "--resume", "--quiet"),
                       "export": ("export", self.database, "--csv", f"{self.folder}/out.csv"),
                       "merge": ("merge", f"{self.folder}/merged.sqlite", self.database)}[way]
            answer = sweeps.run(*command, wants=2)
            with self.subTest(way, answer=answer):
                self.assertIn("out.sqlite: ", answer)
                self.assertEqual(answer.count("\n"), 1)
                for words in said:
                    self.assertIn(words, answer)
                self.assertTrue(content(self.database) == before, "the database was changed")
                self.assertEqual(sorted(os.listdir(self.folder)), files)


class OtherDatabases(Case):
    def test_one_of_another_version_is_not_gone_on_with(self):
        self.half_done()
        sweeps.change(self.database, "UPDATE info SET value = '0.1' WHERE key = 'version'")
        self.refused("was made by version 0.1", "start again", ways=["sweep"])

    def test_one_of_another_format_is_refused(self):
        self.half_done()
        sweeps.change(self.database, "PRAGMA user_version = 99")
        self.refused("has format 99; this program reads format 3")

    def test_one_of_another_sweep_is_not_gone_on_with(self):
        self.half_done()
        for key, value, what in [("seed", 2, "`seed`"), ("repeat", 301, "`repeat`"), ("metrics", ["syn_sent"], "`metrics`"),
                                 ("vary", {"links.0.loss": [0.05, 0.3]}, "`vary`"),
                                 ("scenario", sweeps.scenario(21), "the scenario")]:
            sweeps.write(self.file, {**sweeps.sweep(repeat=300), key: value})
            self.refused(f"{what} of the sweep changed since" if key != "vary" else what, "start again", ways=["sweep"])

    def test_one_of_another_program_is_refused(self):
        sweeps.change(self.database, "CREATE TABLE info (key, value); INSERT INTO info VALUES ('version', '1')")
        self.refused("is no database of `lastack sweep`")

    def test_one_that_is_there_is_not_overwritten(self):
        self.half_done()
        before = content(self.database)
        self.assertIn("exists already; --resume continues it", sweeps.run("sweep", self.file, "--db", self.database, wants=2))
        self.assertTrue(content(self.database) == before)

    def test_entries_that_are_missing_or_senseless_are_named_damage(self):
        whole = self.half_done()
        good = content(self.database)
        connection = sqlite3.connect(self.database)
        keys = [key for key, in connection.execute("SELECT key FROM info ORDER BY key")]
        connection.close()
        self.assertGreater(len(keys), 10)
        for key in set(keys) - {"name", "description", "version", "identity", "repeat_text"}:
            for change in (f"DELETE FROM info WHERE key = '{key}'", f"UPDATE info SET value = 'x' WHERE key = '{key}'"):
                with self.subTest(change):
                    with open(self.database, "wb") as file:
                        file.write(good)
                    sweeps.change(self.database, change)
                    self.refused("is damaged")
        with open(self.database, "wb") as file:
            file.write(good)
        self.resume()
        self.assertTrue(sweeps.csv_of(self.database) == whole)


class SenselessEntries(Case):
    def refused_by_report(self, change, *said):
        sweeps.change(self.database, change)
        answer = sweeps.run("report", self.database, "-o", f"{self.folder}/page.html", wants=2)
        for words in ("out.sqlite: is damaged", *said):
            self.assertIn(words, answer)
        self.assertFalse(os.path.exists(f"{self.folder}/page.html"))

    def test_a_scenario_that_is_none_gives_no_page(self):
        self.half_done()
        self.refused_by_report("UPDATE info SET value = replace(value, 'hosts', 'hostz') WHERE key = 'conditions'", "/scenario/hostz")

    def test_an_expectation_of_a_metric_that_is_not_there_gives_no_page(self):
        self.half_done()
        self.refused_by_report("""UPDATE info SET value = '[{"metric": "no_such", "pointer": "", "description": "", "where": []}]'
                                  WHERE key = 'expectations'""")


class PartsOfASweep(Case):
    def test_an_export_says_that_runs_are_missing(self):
        export = ("export", self.database, "--csv", f"{self.folder}/out.csv")
        self.half_done()
        self.assertIn("out.sqlite: is not complete; `lastack sweep --resume` runs what is missing", sweeps.run(*export))
        self.assertIn("is not complete", sweeps.run("compare", self.database, "--by", "tcp_syn_retries"))
        self.resume()
        self.assertEqual(sweeps.run(*export), "")

    def test_an_export_says_that_it_is_a_shards(self):
        sweeps.run("sweep", self.file, "--db", self.database, "--shard", "2/3", "--quiet")
        self.assertIn("out.sqlite: is shard 2 of 3; `lastack merge`",
                      sweeps.run("export", self.database, "--csv", f"{self.folder}/out.csv"))


class DamagedFiles(Case):
    def test_a_text_file_is_no_database(self):
        with open(self.database, "w") as file:
            file.write("links.0.loss,replication\n" * 100)
        self.refused("is no SQLite database")

    def test_a_truncated_one_is_refused(self):
        self.half_done()
        good = content(self.database)
        for length in (50, 100, 1000, 4096, 5000, len(good) // 2, len(good) - 4096, len(good) - 1):
            with self.subTest(length=length), open(self.database, "wb") as file:
                file.write(good[:length])
            self.refused()

    def test_an_empty_one_has_nothing_to_show_but_may_be_begun_with(self):
        open(self.database, "w").close()
        self.refused("is no database of `lastack sweep`", ways=["export", "merge"])
        self.resume()

    def test_a_page_of_garbage_is_refused(self):
        self.half_done()
        good = content(self.database)
        for page in range(0, len(good) // 4096, 7):
            with open(self.database, "wb") as file:
                file.write(good[:page * 4096] + b"\xa5" * 4096 + good[(page + 1) * 4096:])
            out = f"{self.folder}/page{page}.csv"
            ran = subprocess.run([sweeps.LASTACK, "export", self.database, "--csv", out], capture_output=True, text=True)
            with self.subTest(page=page):
                self.assertIn(ran.returncode, (0, 2), ran.stderr)  # 0: the page holds nothing that is read
                self.assertEqual(os.path.exists(out), ran.returncode == 0)

    def test_folders_and_places_that_are_not_there_are_named(self):
        os.mkdir(self.database)
        self.assertIn("out.sqlite: ", sweeps.run("sweep", self.file, "--db", self.database, "--resume", wants=2))
        self.assertIn("out.sqlite: is a folder", sweeps.run("export", self.database, "--csv", "-", wants=2))
        nowhere = f"{self.folder}/nowhere/out.sqlite"
        self.assertIn("nowhere/out.sqlite: cannot be opened", sweeps.run("sweep", self.file, "--db", nowhere, wants=2))
        self.assertIn("nowhere/out.sqlite: there is no such file", sweeps.run("export", nowhere, "--csv", "-", wants=2))


class LockedDatabases(Case):
    def lock(self):
        connection = sqlite3.connect(self.database, isolation_level=None, timeout=10)
        connection.execute("BEGIN EXCLUSIVE")
        self.addCleanup(connection.close)
        return connection

    def test_a_locked_one_is_named_within_some_seconds(self):
        whole = self.half_done()
        connection = self.lock()
        start = time.monotonic()
        self.assertIn("out.sqlite: is locked: another program is writing to it", self.resume(wants=2))
        self.assertLess(time.monotonic() - start, 15)
        connection.execute("ROLLBACK")
        self.resume()
        self.assertTrue(sweeps.csv_of(self.database) == whole)

    def test_a_lock_that_is_soon_released_is_waited_for(self):
        whole = self.half_done()
        connection = self.lock()
        sweep = subprocess.Popen([sweeps.LASTACK, "sweep", self.file, "--db", self.database, "--resume", "--quiet"])
        time.sleep(1.5)
        self.assertIsNone(sweep.poll())
        connection.execute("ROLLBACK")
        self.assertEqual(sweep.wait(60), 0)
        self.assertTrue(sweeps.csv_of(self.database) == whole)

    def test_a_lock_in_the_middle_keeps_what_was_stored(self):
        repeat = 20000  # so many that it is still under way when this one is ready to lock
        sweeps.write(self.file, sweeps.sweep(repeat=repeat))
        sweep = subprocess.Popen([sweeps.LASTACK, "sweep", self.file, "--db", self.database, "--quiet"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while sweeps.count_runs(self.database) == 0:
            self.assertIsNone(sweep.poll())
            time.sleep(0.01)
        connection = self.lock()
        said = sweep.communicate(timeout=60)[0]
        connection.execute("ROLLBACK")
        self.assertEqual(sweep.returncode, 2, said)
        self.assertIn("is locked", said)
        kept = sweeps.count_runs(self.database)
        self.assertTrue(0 < kept < 6 * repeat, kept)
        self.resume()
        self.assertEqual(sweeps.count_runs(self.database), 6 * repeat)


class FullDisks(Case):
    """What was stored stays, and `--resume` completes it when there is space again."""

    REPEAT = 3000

    def setUp(self):
        super().setUp()
        sweeps.write(self.file, sweeps.sweep(repeat=self.REPEAT))
        sweeps.run("sweep", self.file, "--db", f"{self.folder}/whole.sqlite", "--quiet")
        self.whole = sweeps.csv_of(f"{self.folder}/whole.sqlite")

    def check_completed(self, kept):
        self.assertTrue(0 < kept < 6 * self.REPEAT, kept)
        self.assertTrue(sweeps.csv_of(self.database) == self.whole)

    def test_a_limit_on_the_size_of_files(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

        self.assertIn("out.sqlite: ", sweeps.run("sweep", self.file, "--db", self.database, "--quiet", wants=2, preexec_fn=limit))
        kept = sweeps.count_runs(self.database)
        self.resume()
        self.check_completed(kept)

    def test_a_full_file_system(self):
        mount = f"{self.folder}/mount"
        os.mkdir(mount)
        # In a mount namespace of its own, which goes with the shell.
        script = f"""
          mount -t tmpfs -o size=600k lastack-test {mount} || exit 77
          "$0" sweep {self.file} --db {mount}/out.sqlite --quiet 2> {self.folder}/said; echo $? > {self.folder}/code
          "$0" sweep {self.file} --db {mount}/out.sqlite --resume --quiet && exit 3
          "$0" export {mount}/out.sqlite --csv {self.folder}/kept.csv || exit 4
          mount -o remount,size=100m {mount} || exit 5
          "$0" sweep {self.file} --db {mount}/out.sqlite --resume --quiet || exit 6
          cp {mount}/out.sqlite {self.database}"""
        ran = subprocess.run(["unshare", "--mount", "sh", "-c", script, sweeps.LASTACK], capture_output=True, text=True)
        if ran.returncode == 77 or "unshare" in ran.stderr:
            self.skipTest("no file system can be mounted here: " + ran.stderr.strip())
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(content(f"{self.folder}/code"), b"2\n")
        self.assertIn(b"out.sqlite: no space is left for it; what was stored before is kept", content(f"{self.folder}/said"))
        self.check_completed(content(f"{self.folder}/kept.csv").count(b"\n") - 1)

    def test_an_export_to_a_full_disk_leaves_nothing(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        out = f"{self.folder}/out.csv"
        before = content(f"{self.folder}/whole.sqlite")
        self.assertIn("out.csv: ", sweeps.run("export", f"{self.folder}/whole.sqlite", "--csv", out, wants=2, preexec_fn=limit))
        self.assertEqual(sorted(os.listdir(self.folder)), ["sweep.json", "whole.sqlite"])
        self.assertTrue(content(f"{self.folder}/whole.sqlite") == before)


if __name__ == "__main__":
    sweeps.LASTACK = os.path.abspath(sys.argv.pop(1))
    unittest.main()
