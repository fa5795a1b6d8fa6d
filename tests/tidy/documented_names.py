#!/usr/bin/env python3
"""What the documents of TCP name is in the code: functions, types, profile fields, settings and files.

    documented_names.py [ROOT]    prints what is wrong; exit code 1 if anything is

sim/tcp/LINUX.md and sim/README.md are read. In a table with a column "Where", each row names the functions of
its rule with their file, as in `Endpoint::challenge`, `Endpoint::check_rst` (segment_arrives.cpp), and each
must stand in that file. A column "Setting" names what can be set: rows of the tables in settings.cpp and
host/socket_options.cpp. What cannot is marked, as in `tcp_min_tso_segs` (constant 2), and a constant of that
value has the name in the comment beside it. In the table with the columns "file" and "start at", each row's names
stand in one of its files, and every source file of sim/tcp has its row. Elsewhere a name in backticks that looks
like one of the code's must exist somewhere.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOCUMENTS = ["sim/tcp/LINUX.md", "sim/README.md"]
ITEM = re.compile(r"(?P<names>`[\w:]+`(?:, `[\w:]+`)*) \((?P<file>[\w/]+\.[ch]pp)\)")
SETTING = re.compile(r"`(?:fs\.)?(?P<name>[\w-]+)`(?: \(constant (?P<value>\d+)\))?|\b(?P<bare>(?:tcp|TCP|SO)_\w+)")
SETTING_ROW = re.compile(r'\{\{"([\w-]+)",|Row\{SocketOption::\w+, "(\w+)",')
CONSTANT = re.compile(r"\bconstexpr\b[^;\n]*= (\d+);\s*// (\w+)$", re.MULTILINE)
FILE = re.compile(r"[\w/]+\.[ch]pp")
TYPE = re.compile(r"[A-Z][a-z]\w*")
QUALIFIED = re.compile(r"(?:\w+::)+\w+")


# --- The code ---


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def end_of_block(text: str, opening: int) -> int:
    """Where the block that opens here ends, or the text."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    return len(text)


def blanked(text: str, opening: str, closing: str) -> str:
    """Without what lies between brackets, the outermost of which stay."""
    kept, depth = [], 0
    for letter in text:
        depth -= letter == closing
        if depth <= 0:
            kept.append(letter)
        depth += letter == opening
    return "".join(kept)


def declared_in(body: str) -> set[str]:
    """Functions, members and enumerators that a type's body declares, not what it merely uses."""
    bare = blanked(blanked(body, "{", "}"), "(", ")")
    bare = re.sub(r"(?<![=<>!])=(?!=)[^;,}]*", "=", bare)
    return set(re.findall(r"\b([A-Za-z]\w*)(?=\s*(?:[({;=,}\[]|:(?!:)|$))", bare))


@dataclass
class Source:
    path: str
    text: str
    types: dict[str, set[str]] = field(default_factory=dict)  # with their enclosing types; what each declares

    def __post_init__(self):
        heads = re.finditer(r"\b(?:class|struct|enum class|enum)\s+([A-Z][\w:]*)[^;{}()]*\{", self.text)
        open_types: list[tuple[int, str]] = []
        for head in heads:
            opening = head.end() - 1
            open_types = [known for known in open_types if known[0] > opening]
            name = "::".join([known[1] for known in open_types] + [head.group(1)])
            end = end_of_block(self.text, opening)
            open_types.append((end, head.group(1)))
            self.types[name] = declared_in(self.text[opening + 1 : end])
        for alias in re.findall(r"\busing ([A-Z]\w*) =", self.text):
            self.types.setdefault(alias, set())

    def has_type(self, name: str) -> bool:
        return any(known == name or known.endswith("::" + name) for known in self.types)

    def declares(self, owner: str, member: str) -> bool:
        return any(
            member in members
            for known, members in self.types.items()
            if known == owner or known.endswith("::" + owner)
        )

    def defines(self, name: str) -> bool:
        """A type, a function, a constant, or a column of a table (`.member = …`)."""
        if self.has_type(name):
            return True
        owner, _, member = name.rpartition("::")
        if not owner:
            return bool(re.search(rf"^[A-Za-z\[][^;\n]*(?<![\w:.>]){name}\s*[({{=]", self.text, re.MULTILINE))
        outside = rf"^(?:[A-Za-z\[][^;\n=]*)?\b{name}\s*\("
        column = rf"\.{member} = " if owner == "Profile" else r"(?!)"
        return self.declares(owner, member) or bool(
            re.search(outside, self.text, re.MULTILINE) or re.search(column, self.text)
        )


class Code:
    def __init__(self, root: Path):
        self.sources = {}
        self.files = []
        self.constants = set()  # (name in the comment, value)
        for folder in ("sim", "include", "tests", "tools"):
            for path in sorted((root / folder).rglob("*.[ch]pp")):
                name = path.relative_to(root).as_posix()
                self.files.append(name)
                if folder in ("sim", "include"):
                    text = path.read_text(encoding="utf-8")
                    self.sources[name] = Source(name, without_comments(text))
                    self.constants |= {(named, value) for value, named in CONSTANT.findall(text)}
        tables = filter(None, (self.source(name) for name in ("settings.cpp", "host/socket_options.cpp")))
        self.settings = {name for table in tables for row in SETTING_ROW.findall(table.text) for name in row if name}

    def source(self, name: str) -> Source | None:
        """`name` as a document of TCP writes it: in its own folder, in sim/, or from the top."""
        for folder in ("sim/tcp/", "sim/", ""):
            if folder + name in self.sources:
                return self.sources[folder + name]
        return None

    def has_file(self, name: str) -> bool:
        return any(("/" + path).endswith("/" + name) for path in self.files)

    def has(self, name: str) -> bool:
        """A type, or a member of one; `name` may begin with namespaces."""
        name = re.sub(r"^(?:[a-z]\w*::)+(?=[A-Z])", "", name)
        owner, _, member = name.rpartition("::")
        return any(source.has_type(name) or source.declares(owner, member) for source in self.sources.values())


# --- The documents ---


@dataclass
class Row:
    line: int
    cells: dict[str, str]


def rows(text: str) -> Iterator[Row]:
    """The rows of all tables, by the names of their columns."""
    columns: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = cells
        elif not set(line) <= set("|-: "):
            yield Row(number, dict(zip(columns, cells)))


def check_where(row: Row, code: Code) -> Iterator[str]:
    """Each name of a rule stands in the file beside it."""
    items = row.cells["Where"].split("; ")
    for item in items:
        match = ITEM.fullmatch(item)
        if not match:
            yield f"want `Class::function`, … (file), have “{item}”"
            continue
        source = code.source(match["file"])
        if source is None:
            yield f"there is no file {match['file']}"
            continue
        for name in re.findall(r"[\w:]+", match["names"]):
            if not source.defines(name):
                yield f"{name} is not in {source.path}"


def check_files(row: Row, code: Code) -> Iterator[str]:
    """Each name of a part stands in one of the part's files."""
    sources = []
    for name in re.findall(r"`([^`]+)`", row.cells["file"]):
        sources.append(code.source(name))
        if sources[-1] is None:
            yield f"there is no file {name}"
    headers = []  # of the same name, where types and public functions are declared
    for source in filter(None, sources):
        stem = re.sub(r"\.[ch]pp$", ".hpp", source.path)
        public = "include/lastack/tcp/" + stem.rsplit("/", 1)[-1]
        headers += [code.sources[path] for path in (stem, public) if path in code.sources]
    names = re.findall(r"`([^`]+)`", row.cells["start at"])
    if not names:
        yield "a row names a function or a class to start at"
    for name in names:
        if not any(source.defines(name) for source in [*filter(None, sources), *headers]):
            yield f"{name} is in none of the row's files"


def check_setting(row: Row, code: Code) -> Iterator[str]:
    """Each name can be set, or is marked as the constant that it is in the code."""
    for match in SETTING.finditer(row.cells["Setting"]):
        name, value = match["name"] or match["bare"], match["value"]
        if value is None:
            if name not in code.settings:
                yield f"there is no setting {name}; mark a constant: `{name}` (constant VALUE)"
        elif name in code.settings:
            yield f"{name} is a setting, not a constant"
        elif (name, value) not in code.constants:
            yield f"there is no constant with the value {value} and the comment // {name}"


def check_text(text: str, code: Code) -> Iterator[tuple[int, str]]:
    """What stands in backticks anywhere and looks like a name of the code."""
    for number, line in enumerate(text.splitlines(), 1):
        for name in re.findall(r"`([^`\s]+)`", line):
            if FILE.fullmatch(name):
                known = code.has_file(name)
            elif QUALIFIED.fullmatch(name) or TYPE.fullmatch(name):
                known = code.has(name)
            else:
                continue
            if not known:
                yield number, f"there is no {name}"


def check_every_file_has_a_row(table: list[Row], code: Code) -> Iterator[str]:
    named = {name for row in table for name in re.findall(r"`([^`]+)`", row.cells["file"])}
    for path in code.sources:
        if path.startswith("sim/tcp/") and path.endswith(".cpp"):
            if path.removeprefix("sim/tcp/") not in named:
                yield f"{path} has no row in the table of files"


def check_document(name: str, text: str, code: Code) -> Iterator[str]:
    wrong = [(number, message) for number, message in check_text(text, code)]
    for row in rows(text):
        if "Where" in row.cells:
            wrong += [(row.line, message) for message in check_where(row, code)]
        elif name.endswith("LINUX.md"):
            wrong.append((row.line, "every table here has a column Where"))
        if "Setting" in row.cells:
            wrong += [(row.line, message) for message in check_setting(row, code)]
        if "start at" in row.cells:
            wrong += [(row.line, message) for message in check_files(row, code)]
    table = [row for row in rows(text) if "start at" in row.cells]
    if table:
        wrong += [(table[0].line, message) for message in check_every_file_has_a_row(table, code)]
    for number, message in sorted(wrong):
        yield f"{name}:{number}: {message}"


def check_tree(root: Path) -> list[str]:
    code = Code(root)
    found = []
    for name in DOCUMENTS:
        path = root / name
        if path.is_file():
            found += check_document(name, path.read_text(encoding="utf-8"), code)
    return found


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    missing = [f"there is no {name}" for name in DOCUMENTS if not (root / name).is_file()]
    found = missing or check_tree(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
