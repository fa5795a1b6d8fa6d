#!/usr/bin/env python3
"""Runs the commands that README.md and the guide show, and compares what they print with what the pages show.

usage: guide_check.py LASTACK ROOT [PAGE...]    PAGE: only these, as paths below ROOT

Each page gets a scratch folder with the repository's `scenarios` and `tests` in it, where its blocks are
worked off from top to bottom:

  ```json, ```csv … after `<!-- file: NAME -->`   is written to NAME
  ```sh       each command runs and must end with exit code 0
  ```text     that begins with `$ `: each command runs, and must print the lines below it. A line that is only
              `…` stands for any lines, `…` in a line for any text.

`<!-- exit: N -->` before a block asks for another exit code, `<!-- not run: WHY -->` leaves it out, and
`<!-- needs: PROGRAM -->` leaves it out where there is no such program; the reason is printed. Commands in
the text itself (`lastack sweep --resume`) are not run, but their options must exist, and links to files must
lead to one. Exit code 1 when anything differs, or when a page does not say why something is not run.
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_S = 120
LEFT_OUT = "…"
# Documents whose commands change the tree, so that only their links are checked.
ALSO_LINKED = ["CONTRIBUTING.md", "scenarios/README.md", "sim/README.md", "tests/oracle/README.md", "tests/bench/README.md"]


class Block:
    """A fenced block: its language, its lines, the line where it begins, and the marks before it."""

    def __init__(self, language, line, marks):
        self.language, self.line, self.marks, self.lines = language, line, marks, []


def blocks_of(text):
    """The page's fenced blocks in order. Marks hold for the block that follows them."""
    blocks, marks, block = [], {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line.strip() == "```":
                blocks.append(block)
                block, marks = None, {}
            else:
                block.lines.append(line)
        elif fence := re.fullmatch(r"\s*```(\w*)", line):
            block = Block(fence.group(1), number, marks)
        elif mark := re.fullmatch(r"<!-- (file|exit|needs|not run): ?(.*?) ?-->", line):
            marks[mark.group(1)] = mark.group(2)
    return blocks


def prose_of(text):
    """The page without its fenced blocks."""
    return re.sub(r"^\s*```.*?^\s*```$", "", text, flags=re.MULTILINE | re.DOTALL)


def commands_of(lines):
    """Commands of a `sh` block: continued lines joined, comments and empty lines left out."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def sessions_of(lines):
    """(command, shown lines) of a `text` block with prompts."""
    sessions, continues = [], False
    for line in lines:
        if continues or line.startswith("$ "):
            part = line.strip() if continues else line[2:]
            if continues:
                sessions[-1][0] += " " + part.rstrip("\\").strip()
            else:
                sessions.append([part.rstrip("\\").strip(), []])
            continues = line.endswith("\\")
        else:
            sessions[-1][1].append(line)
    return sessions


def is_session(block):
    return block.language == "text" and bool(block.lines) and block.lines[0].startswith("$ ")


def pattern_of(shown):
    """A regular expression for the whole output of which a page shows these lines."""
    parts = []
    for line in shown:
        if line.strip() == LEFT_OUT:
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            text = re.escape(line.rstrip()).replace(re.escape(LEFT_OUT), r"[^\n]*")
            parts.append(text + r"[ ]*\n")
    return re.compile("".join(parts))


def first_missing(shown, output):
    """The first shown line that does not follow those before it, for the failure's message."""
    for count in range(1, len(shown) + 1):
        if shown[count - 1].strip() == LEFT_OUT:
            continue
        if not pattern_of(shown[:count] + [LEFT_OUT]).fullmatch(output):
            return shown[count - 1]
    return "(the end: more is printed than the page shows)"


class Page:
    """Works off one page in a scratch folder."""

    def __init__(self, program, root, path):
        self.program, self.root, self.path = program, root, path
        self.ran, self.not_run, self.problems = 0, collections.Counter(), []

    def check(self):
        text = (self.root / self.path).read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            self.furnish()
            for block in blocks_of(text):
                self.check_block(block)
        self.check_prose(text)

    def furnish(self):
        """What the commands find: the repository's files, `lastack`, and a tools/run that does not build."""
        for name in ("scenarios", "tests"):
            (self.folder / name).symlink_to(self.root / name)
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "lastack").symlink_to(self.program)
        (self.folder / "tools").mkdir()
        run = self.folder / "tools" / "run"
        run.write_text('#!/bin/sh\nexec lastack run "$@"\n', encoding="utf-8")
        run.chmod(0o755)

    def check_block(self, block):
        if "file" in block.marks:
            target = self.folder / block.marks["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.language == "sh" or is_session(block):
            sessions = sessions_of(block.lines) if is_session(block) else [
                [command, None] for command in commands_of(block.lines)
            ]
            needed = block.marks.get("needs")
            if needed and not shutil.which(needed):
                block.marks["not run"] = f"there is no {needed} here"
            if "not run" in block.marks:
                self.leave_out(block, len(sessions))
                return
            for command, shown in sessions:
                self.check_command(block, command, shown)

    def leave_out(self, block, count):
        why = block.marks["not run"]
        if not why:
            self.problems.append(f"{self.path}:{block.line}: `not run` without a reason")
        self.not_run[why] += count

    def check_command(self, block, command, shown):
        self.ran += 1
        wanted = int(block.marks.get("exit", 0))
        where = f"{self.path}:{block.line}: {command}"
        path = f"{self.folder / 'bin'}:{os.environ.get('PATH', '')}"
        try:
            done = subprocess.run(
                ["bash", "-c", command], cwd=self.folder, capture_output=True, text=True, timeout=TIMEOUT_S,
                env={**os.environ, "PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"})
        except subprocess.TimeoutExpired:
            self.problems.append(f"{where}\n  runs for more than {TIMEOUT_S} s")
            return
        if done.returncode != wanted:
            self.problems.append(
                f"{where}\n  exit code {done.returncode}, the page promises {wanted}: {done.stderr.strip()[-2000:]}")
        if shown is None:
            return
        while shown and not shown[-1].strip():
            shown.pop()
        output = done.stdout + done.stderr
        output = "".join(line.rstrip() + "\n" for line in output.strip("\n").splitlines())
        if shown and not pattern_of(shown).fullmatch(output):
            printed = "".join(f"    {line}\n" for line in output.splitlines())
            self.problems.append(
                f"{where}\n  this line of the page is not printed there:\n    {first_missing(shown, output)}\n"
                f"  printed is:\n{printed}")

    def check_prose(self, text):
        """Options that the page's sentences name for a command are known to it."""
        for code in re.findall(r"`(lastack [a-z][^`]*)`", " ".join(prose_of(text).split())):
            words = code.split()[1:]
            name = words[:2] if words[0] == "kernel" else words[:1]
            help_text = subprocess.run([self.program, *name, "--help"], capture_output=True, text=True).stdout
            if not help_text:
                self.problems.append(f"{self.path}: `{code}`: there is no such command")
            for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", code):
                if not re.search(rf"(?<![\w-]){option}(?![\w-])", help_text):
                    self.problems.append(f"{self.path}: `{code}`: {option} is not among its options")


def broken_links(root, path):
    """Links to files of the repository that are not there."""
    folder = (root / path).parent
    text = prose_of((root / path).read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file = target.split("#")[0]
        if file and "://" not in file and not (folder / file).exists():
            yield f"{path}: links to {target}, which is not there"


def pages_of(root):
    return ["README.md", *sorted(
        path.relative_to(root).as_posix() for path in (root / "tools" / "guide").glob("*.md"))]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program = pathlib.Path(shutil.which(sys.argv[1]) or sys.argv[1]).resolve()
    root = pathlib.Path(sys.argv[2]).resolve()
    ran, not_run, problems = 0, collections.Counter(), []
    pages = sys.argv[3:] or pages_of(root)
    for path in pages:
        page = Page(program, root, path)
        page.check()
        print(f"{path}: {page.ran} run, {sum(page.not_run.values())} not run, {len(page.problems)} wrong")
        ran += page.ran
        not_run += page.not_run
        problems += page.problems
    for path in [*pages, *(() if sys.argv[3:] else ALSO_LINKED)]:
        problems += broken_links(root, path)
    print(f"{len(pages)} pages: {ran} commands ran, {sum(not_run.values())} did not, {len(problems)} wrong")
    for why, count in sorted(not_run.items()):
        print(f"  {count} not run: {why}")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems or not ran else 0)


if __name__ == "__main__":
    main()
