#!/usr/bin/env python3
"""Lets `lastack kernel fuzz` ask this machine's own kernel, and checks what it says, keeps and answers.

    fuzz_check.py LASTACK    exit code 77 and the reason where the machine has no network namespaces or no TUN devices

Whether this kernel does as the model does is not asked here: it may be another version, and busy.
"""

import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from live_check import SKIPPED, why_not

LASTACK = ""
LAST_LINE = re.compile(r"(\d+) scenarios: (\d+) agree, (\d+) racy and agree, (\d+) differ in (\d+) kinds")


def fuzz(*arguments, **more):
    return subprocess.run([LASTACK, "kernel", "fuzz", *arguments], capture_output=True, text=True, **more)


def counts(out):
    """Scenarios, agree, racy and agree, differ, kinds."""
    found = LAST_LINE.fullmatch(out.splitlines()[-1])
    if not found:
        raise AssertionError(f"no last line: {out!r}")
    return [int(number) for number in found.groups()]


def read(path):
    with open(path) as file:
        return json.load(file)


def cases(folder):
    return sorted(path for path in glob.glob(f"{folder}/*.json") if not path.endswith(".trace.json"))


class FuzzCheck(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def test_a_few_scenarios_are_counted_and_recorded(self):
        t = fuzz("--count", "8", "--only", "close", "--record", self.path("all"))
        scenarios, agree, racy, differ, kinds = counts(t.stdout)
        self.assertEqual(scenarios, agree + racy + differ)
        self.assertLessEqual(kinds, differ)
        self.assertGreater(agree, 0, t.stdout)
        self.assertEqual(t.returncode, 1 if differ else 0, t.stderr)
        self.assertEqual(len(cases(self.path("all"))), scenarios)

    def test_a_wrong_rule_of_the_simulator_is_found_and_made_small(self):
        # Without timestamps each SYN has other options: any scenario shows it, and an empty one does as well.
        t = fuzz("--count", "4", "--only", "handshake", "--keep", self.path("found"), "--set", "hosts.client.sysctl.tcp_timestamps=0")
        differ = counts(t.stdout)[3]
        self.assertEqual(t.returncode, 1, t.stderr)
        self.assertGreaterEqual(differ, 1, t.stdout)
        self.assertIn("differs options: opener in CLOSED: S: timestamps\n", t.stdout)
        small = min((read(path) for path in cases(self.path("found"))), key=lambda case: len(json.dumps(case)))
        self.assertLessEqual(len(small["apps"]), 2)
        self.assertNotIn("faults", small)
        self.assertIn("options: opener in CLOSED: S: timestamps. client #1: kernel mss 1460", small["description"])
        check = subprocess.run([LASTACK, "kernel", "check", self.path("found"), "--recordings", self.path("found")],
                               capture_output=True, text=True)
        self.assertRegex(check.stdout, f"cases +\\d+/\\d+ agree", check.stderr)  # a case each, and each can be read

    def test_a_kernel_agrees_with_itself(self):
        recorded = counts(fuzz("--count", "8", "--only", "handshake", "--record", self.path("all")).stdout)[0]
        t = fuzz("--against", self.path("all"))
        scenarios, agree, racy, differ, _ = counts(t.stdout)
        self.assertEqual(scenarios, recorded)
        self.assertGreater(agree + racy, differ, t.stdout)

    def test_interrupted_it_says_what_it_had_come_to(self):
        began = time.monotonic()
        with subprocess.Popen([LASTACK, "kernel", "fuzz", "--minutes", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
            time.sleep(3)
            p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=60)
        self.assertEqual(p.returncode, 130, err)
        counts(out)
        self.assertLess(time.monotonic() - began, 60)


if __name__ == "__main__":
    LASTACK = sys.argv.pop(1)
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
