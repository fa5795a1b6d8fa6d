#!/usr/bin/env python3
"""Checks that every scenario that LINUX.md names is there, with its recording.

usage: linux_md_test.py LINUX.md ORACLE_DIR
"""
import pathlib
import re
import sys


def main():
    text = pathlib.Path(sys.argv[1]).read_text()
    oracle = pathlib.Path(sys.argv[2])
    recordings = {"cases": oracle / "traces", "own": oracle / "own"}
    named = sorted(set(re.findall(r"`(cases|own)/([a-z0-9-]+)`", text)))
    missing = [
        f"{folder}/{name}"
        for folder, name in named
        if not (oracle / folder / f"{name}.json").is_file()
        or not (recordings[folder] / f"{name}.trace.json").is_file()
    ]
    for name in missing:
        print(f"{sys.argv[1]} names {name}, which is not there")
    print(f"{len(named)} scenarios named")
    sys.exit(1 if missing or len(named) < 50 else 0)


if __name__ == "__main__":
    main()
