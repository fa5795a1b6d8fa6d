"""Whether two builds make the same trace of every scenario, byte for byte.

compare_builds.py OURS THEIRS PATH...: runs the two lastack_trace_hash programs on the scenario files
under PATH and names each file whose traces differ. Exit code 77 (skipped) when THEIRS is not built.
"""

import os
import subprocess
import sys

SKIPPED = 77


def digests(program, paths):
    """File -> digest."""
    output = subprocess.run([program, *paths], check=True, capture_output=True, text=True).stdout
    lines = (line.rsplit(" lines ", 1) for line in output.splitlines())
    return {file: digest for digest, file in lines}


def main():
    ours, theirs, *paths = sys.argv[1:]
    if not os.path.exists(theirs):
        print(f"skipped: {theirs} is not built")
        return SKIPPED
    mine, other = digests(ours, paths), digests(theirs, paths)
    different = [file for file in mine if mine[file] != other.get(file)]
    for file in different:
        print(f"{file}: {mine[file]} lines here, {other.get(file)} lines there")
    if not mine:
        print(f"no scenario files under {paths}")
    return 1 if different or not mine or mine.keys() != other.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
