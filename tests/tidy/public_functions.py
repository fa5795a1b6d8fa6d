#!/usr/bin/env python3
"""Every public function has a comment: what it does, with units, errors and source where they apply.

    public_functions.py [ROOT]    prints `file:line: function` for each that has none; exit code 1 if any

Doxygen reads the headers with the settings of tools/doxygen/Doxyfile; where it is not installed this is
skipped (exit code 77). Constructors and assignments that only copy or move need no words.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WARNING = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+): warning: Member (?P<member>.*) \(function\) of .* is not documented")
COPIES_OR_MOVES = re.compile(r"^(operator=\(|(?P<name>\w+)\((const )?(?P=name) ?&)")
FEWEST_FUNCTIONS = 300  # below this the headers were not found


def settings(root: Path, output: str) -> str:
    """The reference's own settings, and what a check needs: warnings alone, and XML to count functions."""
    text = (root / "tools" / "doxygen" / "Doxyfile").read_text(encoding="utf-8")
    return text + f"\nOUTPUT_DIRECTORY = {output}\nGENERATE_HTML = NO\nGENERATE_XML = YES\nXML_PROGRAMLISTING = NO\n"


def undocumented(messages: str, root: Path) -> list[str]:
    found = set()
    for line in messages.splitlines():
        match = WARNING.match(line)
        if match and not COPIES_OR_MOVES.match(match["member"]):
            path = Path(match["file"])
            path = path.relative_to(root) if path.is_absolute() else path
            found.add((path.as_posix(), int(match["line"]), match["member"]))
    return [f"{path}:{line}: {member}" for path, line, member in sorted(found)]


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    if not shutil.which("doxygen"):
        print("there is no doxygen here, so public functions were not checked")
        return 77
    with tempfile.TemporaryDirectory() as output:
        done = subprocess.run(
            ["doxygen", "-"], input=settings(root, output), cwd=root, capture_output=True, text=True, check=True)
        functions = sum(
            page.read_text(encoding="utf-8").count('<memberdef kind="function"')
            for page in Path(output).glob("xml/*.xml"))
    found = undocumented(done.stderr, root)
    for line in found:
        print(line)
    print(f"{functions} functions, {len(found)} without a comment")
    return 1 if found or functions < FEWEST_FUNCTIONS else 0


if __name__ == "__main__":
    sys.exit(main())
