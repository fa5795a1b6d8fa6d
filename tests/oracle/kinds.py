#!/usr/bin/env python3
"""Writes found/KINDS.md anew: the first divergence of each case in found/, by reason.

    kinds.py LASTACK > tests/oracle/found/KINDS.md
"""

import re
import subprocess
import sys
from pathlib import Path

FOUND = Path(__file__).parent / "found"


def main(lastack: str) -> None:
    done = subprocess.run(
        [lastack, "kernel", "check", str(FOUND), "--recordings", str(FOUND), "--seeds", "6", "-v"],
        capture_output=True, text=True, check=False)
    if done.returncode == 2:
        sys.exit(done.stderr)
    by_reason: dict[str, list[str]] = {}
    meanings, agree = {}, []
    for block in re.split(r"^(?=differs|agrees|steady cases)", done.stdout, flags=re.M):
        head = re.match(r"(differs|agrees) +(\S+?)( \(racy\))?(?:[:,].*)?$", block, re.M)
        if not head:
            continue
        if head[1] == "agrees":
            agree.append(head[2])
            continue
        reason, meaning = re.search(r"reason: (\S+) \((.*)\)$", block, re.M).groups()
        first = re.search(r"^ +first: (.*)$", block, re.M)[1]
        meanings[reason] = meaning
        by_reason.setdefault(reason, []).append(f"- {head[2]}{head[3] or ''}: {first}")
    count = sum(map(len, by_reason.values()))
    print("# Scenarios drawn by chance in which Lastack still differs from Linux 6.18\n")
    print(f"{count} cases, `lastack kernel check tests/oracle/found --recordings tests/oracle/found --seeds 6`. By reason")
    print("([what each means](../../../tools/guide/fuzz.md#what-a-difference-is)), then a line for each with its first difference;")
    print("`tests/oracle/kinds.py` writes this file.")
    for reason, lines in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        print(f"\n## {reason}: {meanings[reason]} ({len(lines)})\n")
        print("\n".join(lines))
    if agree:
        print(f"\nThese agree by now and belong elsewhere: {', '.join(agree)}.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
