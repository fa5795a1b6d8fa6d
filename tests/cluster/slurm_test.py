#!/usr/bin/env python3
"""A sweep as a job array of a real Slurm, which comes to what one machine comes to.

    slurm_test.py LASTACK TOOLS    exit code 77 and the reason where the machine cannot run a Slurm

TOOLS is the folder with slurm_sweep.sh and slurm_merge.sh. Slurm runs on the loopback address, in a temporary folder.
"""

import os
import shutil
import signal
import sys
import tempfile
import unittest

import sweeps
from one_node_slurm import OneNodeSlurm, command_line, descendants, parent, why_not

SKIPPED = 77
SHARDS = 8
SECONDS_MAX = 250  # less than ctest gives, whose SIGKILL would leave files behind
TOOLS = ""


class JobArray(unittest.TestCase):
    """One Slurm, one array of eight shards of which some are stopped in the middle; each test looks at what came of it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lastack-slurm-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.mkdir(f"{cls.folder}/slurm")
        # 200 connections a run, so that a shard takes a second or two.
        cls.sweep = sweeps.write(f"{cls.folder}/sweep.json", sweeps.sweep(repeat=700, connections=200))
        sweeps.run("sweep", cls.sweep, "--db", f"{cls.folder}/alone.sqlite", "-j", 2)
        cls.alone = sweeps.csv_of(f"{cls.folder}/alone.sqlite")
        with OneNodeSlurm(f"{cls.folder}/slurm") as cls.slurm:
            cls.run_array()
        cls.left_over = [command_line(process) for process in descendants()]

    @classmethod
    def run_array(cls):
        slurm, cls.out = cls.slurm, f"{cls.folder}/out"
        script = f"{TOOLS}/slurm_sweep.sh"
        cls.array = slurm.sbatch(f"--array=1-{SHARDS}", script, cls.sweep, cls.out, LASTACK=sweeps.LASTACK)
        cls.merge = slurm.sbatch(f"--dependency=afterok:{cls.array}", "--kill-on-invalid-dep=yes", f"{TOOLS}/slurm_merge.sh",
                                 cls.sweep, cls.out, LASTACK=sweeps.LASTACK)
        cls.kept = {}
        cls.stop(2, lambda process, _: os.kill(process, signal.SIGKILL))
        cls.stop(4, lambda _, job: slurm.ask("scontrol", "requeue", job))
        # What slurmstepd sends to the script when the time is nearly up. `scancel --batch --signal` would do it too, but
        # repeats it where the job is busy, and then hits the requeued one as well.
        cls.stop(6, lambda process, _: os.kill(parent(process), signal.SIGUSR1))
        cls.tasks = slurm.wait_until_done(cls.array, 150)
        cls.merged = slurm.wait_until_done(cls.merge, 60)[0]

    @classmethod
    def stop(cls, shard, how):
        """Waits until a shard has some of its runs, and stops it in its own way."""
        part = cls.part(shard)

        def running():
            return next((p for p in descendants() if part in command_line(p)[:5] and "sweep" in command_line(p)), None)
        cls.slurm.wait_for(lambda: sweeps.count_runs(part) > 0 and running(), f"shard {shard} to run", 90)
        cls.kept[shard] = sweeps.count_runs(part)
        job = cls.slurm.jobs(f"{cls.array}_{shard}")[shard]["JobId"]
        how(running(), job)

    @classmethod
    def part(cls, shard):
        return f"{cls.out}/part-{shard}-of-{SHARDS}.sqlite"

    def log_of(self, task):
        with open(f"{self.folder}/slurm/lastack-{self.array}_{task}.log") as file:
            return file.read()

    def controller_log(self):
        with open(f"{self.folder}/slurm/slurmctld.log") as file:
            return file.read()

    def test_every_shard_completes(self):
        self.assertEqual({t: f["JobState"] for t, f in self.tasks.items()}, {t: "COMPLETED" for t in range(1, SHARDS + 1)})

    def test_what_was_stopped_was_requeued_and_nothing_else(self):
        restarts = {t: int(f["Restarts"]) for t, f in self.tasks.items()}
        wanted = {t: int(t in self.kept) for t in range(1, SHARDS + 1)}
        wrong = [t for t in wanted if restarts.get(t) != wanted[t]]
        self.assertEqual(restarts, wanted, "".join(map(self.log_of, wrong)) + self.controller_log())

    def test_stopped_shards_had_begun_and_were_not_done(self):
        whole = 6 * 700 // SHARDS
        for shard, runs in self.kept.items():
            self.assertTrue(0 < runs < whole, (shard, runs))
        self.assertRegex(self.log_of(2), r"shard 2/8 was stopped \(exit code 137\); it is requeued")
        self.assertRegex(self.log_of(6), r"shard 6/8 was stopped \(exit code 1\d\d\); it is requeued")

    def test_merged_results_are_those_of_one_machine_byte_for_byte(self):
        with open(f"{self.out}/sweep.csv", "rb") as file:
            merged = file.read()
        self.assertEqual(self.merged["JobState"], "COMPLETED")
        self.assertEqual(merged.count(b"\n"), 1 + 6 * 700)
        self.assertTrue(merged == self.alone, "the merged CSV differs from that of one machine")

    def test_the_comparison_would_see_one_other_value(self):
        parts = [shutil.copy(self.part(i), f"{self.folder}/changed-{i}.sqlite") for i in range(1, SHARDS + 1)]
        sweeps.change(parts[2], 'UPDATE run SET syn_sent = syn_sent + 1 WHERE replication = '
                                '(SELECT max(replication) FROM run)')
        sweeps.run("merge", f"{self.folder}/changed.sqlite", *parts)
        self.assertFalse(sweeps.csv_of(f"{self.folder}/changed.sqlite") == self.alone)

    def test_a_part_that_lacks_a_run_is_not_merged(self):
        parts = [shutil.copy(self.part(i), f"{self.folder}/lacking-{i}.sqlite") for i in range(1, SHARDS + 1)]
        sweeps.change(parts[4], sweeps.DELETE_ONE_RUN)
        self.assertIn("lacking-5.sqlite: is not complete: 1 run is missing",
                      sweeps.run("merge", f"{self.folder}/lacking.sqlite", *parts, wants=2))

    def test_nothing_of_slurm_stays(self):
        self.assertEqual(self.left_over, [])


def give_up(number, _):
    """An exception that unittest knows, so that it cleans up: a stopped test must take its daemons with it."""
    raise RuntimeError(f"stopped by {signal.Signals(number).name}")


def main():
    global TOOLS
    sweeps.LASTACK, TOOLS = (os.path.abspath(path) for path in (sys.argv.pop(1), sys.argv.pop(1)))
    reason = why_not()
    if reason:
        print(f"SKIPPED: {reason}")
        sys.exit(SKIPPED)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(each, give_up)
    signal.alarm(SECONDS_MAX)
    unittest.main()


if __name__ == "__main__":
    main()
