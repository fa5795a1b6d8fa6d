#!/usr/bin/env python3
"""Runs what scenarios/README.md suggests to try next; exits 1 and names each suggestion the program refuses.

usage: suggestions_check.py LASTACK SCENARIOS_FOLDER

A suggestion is the last cell of a table row. Failed expectations are part of the answer (exit code 1); bad
usage or input (2), or a crash, is not.
"""
import pathlib
import re
import shlex
import subprocess
import sys

ROW = re.compile(r"^\| \[[^]]+\]\(([^)]+\.json)\) \|.*\| `([^`]+)` \|$", re.MULTILINE)
TIMEOUT_S = 60


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = ROW.findall((root / "README.md").read_text(encoding="utf-8"))
    refused = 0
    for file, suggestion in rows:
        command = [program, "run", "--quiet", str(root / file), *shlex.split(suggestion)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode not in (0, 1):
            refused += 1
            print(f"{file} {suggestion}: exit {done.returncode}: {done.stderr.strip()}")
    print(f"{len(rows)} suggestions, {refused} refused")
    sys.exit(1 if refused or not rows else 0)


if __name__ == "__main__":
    main()
