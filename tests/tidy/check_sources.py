#!/usr/bin/env python3
"""Rules about the source text that no compiler checks; sim/README.md and the tree's layout say why.

    check_sources.py [ROOT]    prints `file:line: what is wrong` for each departure; exit code 1 if any
"""

import posixpath
import re
import sys
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

# Each layer and those it stands on; sim/README.md draws these arrows, and the layer's target links them.
# A layer may include whatever it reaches by them.
STANDS_ON = {
    "core": [],
    "tcp": ["core"],
    "event": ["tcp"],
    "net": ["event"],
    "app": ["net"],
    "scenario": ["app"],
    "run": ["scenario"],
    "trace": ["event"],
    "batch": ["run", "trace"],
    "compare": ["run"],
    "explain": ["scenario"],
    "kernel": ["scenario"],
    "fuzz": ["compare", "kernel"],
}

# A header of a layer below -> the layers that do without it nevertheless, and why.
WITHHELD = {
    "lastack/core/scheduler.hpp": (["tcp"], "tcp knows no Scheduler: time goes in, deadlines come out"),
}

# The folders of the program, in the same order.
CLI_FOLDERS = ["support", "reports", "ci", "commands"]

# Layers that work in real time, so that clocks are theirs to read.
REAL_TIME = ("sim/kernel/", "include/lastack/kernel/")

# Library (as the beginning of an include's path) -> folders of the tree that may include it.
LIBRARIES = {
    "boost/graph/": ["sim/net/", "tests/"],
    "nlohmann/": ["sim/trace/", "sim/scenario/", "sim/run/", "sim/batch/", "sim/compare/", "sim/kernel/", "sim/fuzz/", "tools/cli/", "tests/"],
    "valijson/": ["sim/scenario/", "tools/cli/", "tests/"],
    "fmt/": ["sim/trace/", "sim/scenario/", "sim/run/", "sim/batch/", "sim/compare/", "sim/explain/", "sim/kernel/", "sim/fuzz/", "tools/cli/", "tests/"],
    "spdlog/": ["tools/cli/"],
    "CLI/": ["tools/cli/"],
    "Random123/": ["sim/", "tests/"],
    "boost/": ["sim/", "tests/"],
    "catch2/": ["tests/"],
    "rapidcheck": ["tests/"],
    "benchmark/": ["tests/bench/"],
}

# Pattern -> why it has no place in the simulator: results would vary between runs or machines.
NOT_DETERMINISTIC = {
    r"\b(system|steady|high_resolution|utc|file)_clock\b": "a wall clock; only the Scheduler knows the time",
    r"\b(clock_gettime|gettimeofday|timespec_get|localtime|gmtime)\b": "a wall clock",
    r"\bstd::(time|clock)\s*\(|(?<![\w.>:])time\s*\(\s*(NULL|nullptr|0|&\w+)\s*\)": "a wall clock",
    r"\brandom_device\b": "random_device; randomness comes from RandomStream",
    r"(?<![\w.>])(std::)?(rand|srand|drand48|random_shuffle)\s*\(": "the C library's random numbers; use RandomStream",
    r"\b(mt19937|minstd_rand|default_random_engine|ranlux)\w*": "a std:: random engine; use RandomStream",
    r"\bstd::\w+_distribution\b": "a std:: distribution, which differs between libraries",
    r"\bstd::hash\b.*\bvoid\s*\*": "a hash of an address",
    r"\bstd::(exp|exp2|expm1|log|log2|log10|log1p|pow|cbrt|hypot|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|erf|erfc|tgamma|lgamma)\s*\(":
        "a libm function whose rounding varies between machines; only sqrt is exact",
}

# A text compared with a literal, which stands behind or ahead of the operator.
COMPARED_LITERAL = r'[=!]=\s*"(?P<behind>[^"\\\n]*)"|"(?P<ahead>[^"\\\n]*)"\s*[=!]='


class Source(NamedTuple):
    """A file of C++: the tree, its path there, its text, and the same text with comments blanked out
    and, in `code`, the contents of string literals as well. Line numbers agree in all of them."""

    root: Path
    path: str
    text: str
    bare: str
    code: str

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1


class Finding(NamedTuple):
    path: str
    line: int
    message: str


def blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def read_source(root: Path, path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    literal = r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])\''
    comment = r"//[^\n]*|/\*.*?\*/"

    def without(blank_literals: bool) -> str:
        def replace(match: re.Match) -> str:
            is_comment = match.group().startswith(("//", "/*"))
            return blank(match) if is_comment or blank_literals else match.group()

        return re.sub(f"{literal}|{comment}", replace, text, flags=re.DOTALL)

    return Source(root, path.relative_to(root).as_posix(), text, without(False), without(True))


def layer_of(path: str) -> str | None:
    match = re.match(r"(?:sim|include/lastack)/(\w+)/", path)
    return match.group(1) if match else None


def in_simulator(source: Source) -> bool:
    return source.path.startswith(("sim/", "include/"))


def includes(source: Source) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', source.bare, re.MULTILINE):
        yield source.line_of(match.start()), match.group(1)


def reached_from(layer: str) -> set[str]:
    """The layer itself and all below it."""
    return {layer}.union(*(reached_from(lower) for lower in STANDS_ON[layer]))


def check_layers(source: Source) -> Iterator[tuple[int, str]]:
    """A layer includes only layers below it."""
    layer = layer_of(source.path)
    if layer is None:
        return
    if layer not in STANDS_ON:
        yield 1, f"`{layer}` is no layer; want one of {', '.join(STANDS_ON)}"
        return
    for line, path in includes(source):
        match = re.match(r"(?:\.\./)*(?:lastack/)?(\w+)/", path)
        if match and match.group(1) in STANDS_ON and match.group(1) not in reached_from(layer):
            yield line, f"{layer} includes {path}, which is no layer below it"


def check_withheld(source: Source) -> Iterator[tuple[int, str]]:
    """What a layer could include and does without: tcp neither includes nor names the Scheduler."""
    layer = layer_of(source.path)
    for header, (layers, why) in WITHHELD.items():
        if layer not in layers:
            continue
        for line, path in includes(source):
            if path == header:
                yield line, why
        name = Path(header).stem.title().replace("_", "")
        for match in re.finditer(rf"\b{name}\b", source.code):
            yield source.line_of(match.start()), why


def check_cli_folders(source: Source) -> Iterator[tuple[int, str]]:
    """Subcommands stand side by side: what they share lies below them, and names its folder."""
    match = re.match(r"tools/cli/(\w+)/", source.path)
    if not match:
        return
    folder = match.group(1)
    if folder not in CLI_FOLDERS:
        yield 1, f"`{folder}` is no folder of the program; want one of {', '.join(CLI_FOLDERS)}"
        return
    for line, path in includes(source):
        included = path.split("/")[0]
        if included in CLI_FOLDERS and CLI_FOLDERS.index(included) > CLI_FOLDERS.index(folder):
            yield line, f"{folder} includes {path}, which does not lie below it"


def private_header(source: Source, path: str) -> str | None:
    """The file below sim/ that an include means: from the file's own folder, or else from a folder that
    some test's target looks in (sim/ or sim/<layer>/)."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), path))
    if beside.startswith("sim/"):
        return beside
    if path.startswith("lastack/") or (source.root / beside).is_file():
        return None
    for folder in ["sim", *(f"sim/{layer}" for layer in STANDS_ON)]:
        if (source.root / folder / path).is_file():
            return f"{folder}/{path}"
    return None


def check_private_headers(source: Source) -> Iterator[tuple[int, str]]:
    """What lies in sim/<layer>/ is for that layer and its own tests: tests/unit/<layer>/, tests/<layer>/,
    tests/fuzz/<layer>_*. Other layers, the program and the other tests use the library as anybody does."""
    test_of = re.match(r"tests/fuzz/([a-z]+)_|tests/(?:unit/)?(\w+)/", source.path)
    layer = layer_of(source.path) or (test_of and (test_of.group(1) or test_of.group(2)))
    for line, path in includes(source):
        header = private_header(source, path)
        if header and layer_of(header) != layer:
            yield line, f"{path} is private to {layer_of(header)}; what others need belongs into include/lastack"


def check_libraries(source: Source) -> Iterator[tuple[int, str]]:
    """Third parties stay in their places, and out of public headers."""
    for line, path in includes(source):
        library = next((name for name in LIBRARIES if path.startswith(name)), None)
        if library is None:
            continue
        if not any(source.path.startswith(place) for place in LIBRARIES[library]):
            yield line, f"{path} may be included only in {', '.join(LIBRARIES[library])}"


def check_determinism(source: Source) -> Iterator[tuple[int, str]]:
    """Same scenario and seed, same bytes."""
    if not in_simulator(source) or source.path.startswith(REAL_TIME):
        return
    for pattern, why in NOT_DETERMINISTIC.items():
        for match in re.finditer(pattern, source.code):
            yield source.line_of(match.start()), f"{match.group().strip()}: {why}"


def check_hash_iteration(source: Source) -> Iterator[tuple[int, str]]:
    """Hash maps are looked up, never walked: their order is no property of the scenario. Only names
    declared in the same file are known here. A walk whose order cannot show says so: `// any order`."""
    if not in_simulator(source):
        return
    hashed = set(re.findall(r"\bunordered_\w+<[^;(){}]*>&?\s+(\w+)\s*[;={(,)]", source.code))
    for name in sorted(hashed):
        walks = rf"\bfor\s*\([^;()]*:\s*(?:\w+(?:\.|->))*{name}\s*\)|\b{name}\.c?begin\(\)"
        for match in re.finditer(walks, source.code):
            line = source.line_of(match.start())
            if not source.text.splitlines()[line - 1].endswith("// any order"):
                yield line, f"iteration over the hash map `{name}`"


def check_globals(source: Source) -> Iterator[tuple[int, str]]:
    """A run owns all its state: no variable that outlives it, unless it is constant."""
    if not in_simulator(source):
        return
    static_variable = r"^[ \t]*(?:static|thread_local|inline)\b(?![^;{=]*\b(?:constexpr|constinit const|const|consteval)\b)[^;{}()=]*(?:=|\{[^}]*\};|;)"
    plain_variable = r"^(?!using|typedef|return|class|struct|enum|union|friend|extern|namespace|template|public|private|goto|case|else|static|inline|constexpr|const|concept|__extension__ using)[A-Za-z_][\w:<>,*& ]*[>\w*&] +\w+(?: = [^\n;]*|\{[^\n;]*\})?;"
    for pattern in (static_variable, plain_variable):
        for match in re.finditer(pattern, source.code, re.MULTILINE):
            if "constexpr" in match.group() or "operator" in match.group():
                continue
            yield source.line_of(match.start()), f"a mutable global: {match.group().strip()}"


def block_after(code: str, start: int) -> str:
    """The text of the first {...} at or after `start`, braces balanced."""
    begin = code.find("{", start)
    depth = 0
    for index in range(begin, len(code)):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return code[begin : index + 1]
    return code[begin:]


def check_switches(source: Source) -> Iterator[tuple[int, str]]:
    """A switch over states, reasons or calls lists every one, so that the compiler finds a forgotten one."""
    for match in re.finditer(r"\bswitch\s*\(", source.code):
        block = block_after(source.code, match.start())
        inner = re.sub(r"\bswitch\s*\([^{]*\{[^{}]*\}", blank, block[1:])
        over = re.search(r"\bcase\s+(?:\w+::)*(State|\w*Reason|Error|Call)::", inner)
        if over and re.search(r"\bdefault\s*:", inner):
            yield source.line_of(match.start()), f"a switch over {over.group(1)} has no `default:`"


def check_explain_words(source: Source) -> Iterator[tuple[int, str]]:
    """explain asks for enumerators: a word may stand for two causes, or be another one tomorrow."""
    if not source.path.startswith(("sim/explain/", "include/lastack/explain/")):
        return
    for match in re.finditer(COMPARED_LITERAL, source.bare):
        yield source.line_of(match.start()), f"a comparison with a word: {match.group().strip()}"


def check_test_titles(source: Source) -> Iterator[tuple[int, str]]:
    """ctest gets titles as a CMake list, which a semicolon or an unbalanced bracket breaks up, and
    hands them to Catch2 as arguments, where a dash begins an option and a tilde excludes."""
    if not source.path.startswith("tests/"):
        return
    for match in re.finditer(r'\bTEST_CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)', source.bare):
        title = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match.group(1)))
        if ";" in title or title.count("[") != title.count("]") or title[0] in "-~":
            yield (
                source.line_of(match.start()),
                f"a title without `;`, with balanced brackets and no `-` or `~` in front, please: {title}",
            )


# A guard over three lines; what follows says whether an else belongs to it.
GUARD = re.compile(
    r"^( *)if \(([^\n{]*)\) \{\n\1  ((?:return|continue|break|throw)\b[^\n{]*;)\n\1\}\n(?! *else)", re.MULTILINE)
LINE_MAX = 100  # as in .clang-format


def check_guards(source: Source) -> Iterator[tuple[int, str]]:
    """A guard that fits on a line stands on one, without braces."""
    for match in GUARD.finditer(source.text):
        if len(f"{match[1]}if ({match[2]}) {match[3]}") <= LINE_MAX:
            yield source.line_of(match.start()), "a guard that fits stands on one line: `if (x) return;`"


def check_pragma(source: Source) -> Iterator[tuple[int, str]]:
    if source.path.endswith(".hpp") and not re.search(r"^#pragma once$", source.bare, re.MULTILINE):
        yield 1, "a header begins with `#pragma once`"


SOURCE_RULES: list[Callable[[Source], Iterator[tuple[int, str]]]] = [
    check_layers,
    check_withheld,
    check_cli_folders,
    check_private_headers,
    check_libraries,
    check_determinism,
    check_hash_iteration,
    check_globals,
    check_switches,
    check_explain_words,
    check_test_titles,
    check_guards,
    check_pragma,
]


def cmake_text(path: Path) -> str:
    return re.sub(r"#[^\n]*", "", path.read_text(encoding="utf-8")) if path.is_file() else ""


def arrows(of: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(upper, lower) for upper, lowers in of.items() for lower in lowers}


def check_picture(root: Path) -> Iterator[Finding]:
    """The design's picture of the layers shows these arrows and no others."""
    path = root / "sim" / "README.md"
    if not path.is_file():
        return
    picture = re.search(r"```mermaid\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    drawn = set(re.findall(r"(\w+) --> (\w+)", picture.group(1))) if picture else set()
    for upper, lower in sorted(drawn ^ arrows(STANDS_ON)):
        wrong = "draws an arrow that is none" if (upper, lower) in drawn else "lacks an arrow"
        yield Finding("sim/README.md", 1, f"the picture of the layers {wrong}: {upper} --> {lower}")


def check_links(root: Path) -> Iterator[Finding]:
    """The target of a layer links the layers it stands on and no others."""
    for layer, lowers in STANDS_ON.items():
        path = root / "sim" / layer / "CMakeLists.txt"
        links = re.findall(rf"target_link_libraries\(lastack_{layer}\b([^)]*)\)", cmake_text(path))
        if not links:
            continue
        linked = {name for name in re.findall(r"\blastack_(\w+)", " ".join(links)) if name in STANDS_ON}
        for lower in sorted(linked ^ set(lowers)):
            wrong = "links" if lower in linked else "does not link"
            yield Finding(path.relative_to(root).as_posix(), 1, f"{layer} {wrong} {lower}; see STANDS_ON")


def check_listed(root: Path, path: Path) -> bool:
    """Whether the CMakeLists.txt of the file's folder, or of one above, names it."""
    for folder in path.parents:
        name = re.escape(path.relative_to(folder).as_posix())
        if re.search(rf"(?<![\w./-]){name}(?![\w./-])", cmake_text(folder / "CMakeLists.txt")):
            return True
        if folder == root:
            return False
    return False


def files(root: Path, *patterns: str) -> Iterator[Path]:
    for top in ("include", "sim", "tools", "tests"):
        for pattern in patterns:
            yield from sorted((root / top).rglob(pattern))


def names_in(source: Source) -> set[str]:
    """The words of the tables of names: `case StateReason::timeout: return "timeout";`."""
    if not in_simulator(source):
        return set()
    tables = (block_after(source.bare, table.start()) for table in re.finditer(r"\bname_of\([^)]*\) \{", source.bare))
    return {word for table in tables for word in re.findall(r'\bcase \w+(?:::\w+)+: return "([^"]+)";', table)}


def check_compared_names(sources: list[Source]) -> Iterator[Finding]:
    """What has a name in a table is an enumerator, and compared as one."""
    names = set().union(*(names_in(source) for source in sources))
    for source in sources:
        if not in_simulator(source) and not source.path.startswith("tools/"):
            continue
        for match in re.finditer(COMPARED_LITERAL, source.bare):
            word = match.group("behind") or match.group("ahead")
            if word in names:
                line = source.line_of(match.start())
                yield Finding(source.path, line, f'"{word}" is the name of an enumerator; compare that')


def check_tree(root: Path) -> list[Finding]:
    sources = [read_source(root, path) for path in files(root, "*.hpp", "*.cpp")]
    findings = [*check_picture(root), *check_links(root), *check_compared_names(sources)]
    for source in sources:
        path = root / source.path
        for rule in SOURCE_RULES:
            findings += [Finding(source.path, line, message) for line, message in rule(source)]
        if path.suffix == ".cpp" and not check_listed(root, path):
            findings.append(Finding(source.path, 1, "listed in no CMakeLists.txt, so never built"))
    for path in files(root, "CMakeLists.txt", "*.cmake"):
        if re.search(r"\bGLOB(_RECURSE)?\b", cmake_text(path)):
            findings.append(Finding(path.relative_to(root).as_posix(), 1, "GLOB; list the files"))
    return findings


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    findings = check_tree(root)
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.message}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
