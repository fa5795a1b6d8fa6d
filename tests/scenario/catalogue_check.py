#!/usr/bin/env python3
"""Holds the catalogue in scenarios/ to its own rules; exits 1 and names every file that breaks one.

usage: catalogue_check.py SCENARIOS_FOLDER

Every file has a name, a description of two to six sentences, the schema of its kind, something that
it expects (or, of an objective, limits), and a row in README.md. README.md names no file that is missing.
"""
import json
import pathlib
import re
import sys

FEWEST_FILES = 45
SENTENCES = range(2, 7)


def sentences(text):
    return len(re.findall(r"[.?!](?:\s|$)", text))


def kind_of(document):
    if "settings" in document:
        return "objective"
    return "sweep" if "vary" in document else "scenario"


def problems_of(path, root):
    scenario = json.loads(path.read_text(encoding="utf-8"))
    to_root = "../" * len(path.relative_to(root).parent.parts)
    kind = kind_of(scenario)
    schema = f"{to_root}{kind}.schema.json"
    if scenario.get("$schema") != schema:
        yield f"$schema: want {schema}, have {scenario.get('$schema')}"
    if not scenario.get("name"):
        yield "name: missing"
    if sentences(scenario.get("description", "")) not in SENTENCES:
        yield "description: want two to six sentences"
    wanted = "limits" if kind == "objective" else "expect"
    if not scenario.get(wanted):
        yield f"{wanted}: want at least one"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for p in root.rglob("*.json") if not p.name.endswith(".schema.json"))
    listed = set(re.findall(r"\]\(([^)]+\.json)\)", (root / "README.md").read_text(encoding="utf-8")))
    found = [f"{p}: {problem}" for p in files for problem in problems_of(p, root)]
    names = {p.relative_to(root).as_posix() for p in files}
    found += [f"README.md: no row for {name}" for name in sorted(names - listed)]
    found += [f"README.md: {name} does not exist" for name in sorted(listed - names)]
    if len(files) < FEWEST_FILES:
        found.append(f"want at least {FEWEST_FILES} scenarios, have {len(files)}")
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
