"""The layers of ARCHITECTURE.md: every module is in its table and includes only from the modules above it."""

import pathlib
import re
import sys


def modules_in(document):
    """The modules of the table, top to bottom."""
    return re.findall(r"^\| `(\w+)/` \|", document, re.MULTILINE)


def findings(root):
    modules = modules_in((root / "ARCHITECTURE.md").read_text())
    source = root / "src"
    folders = {p.name for p in source.iterdir() if p.is_dir()}
    for name in sorted(folders ^ set(modules)):
        yield f"{name}/ is in only one of src/ and the table of ARCHITECTURE.md"
    for path in sorted(source.rglob("*.[hc]pp")):
        module = path.relative_to(source).parts[0]
        lines = path.read_text().splitlines()
        for line in lines:
            included = re.match(r'#include "(\w+)/', line)
            if included and modules.index(included[1]) > modules.index(module):
                yield f"{path.relative_to(root)} includes from {included[1]}/, which is below {module}/"
        if len(lines) > 400:
            yield f"{path.relative_to(root)} has {len(lines)} lines"
    yield from engines_in_readme(root)
    yield from misplaced_code(source)
    yield from counted_things(source)
    yield from duplicate_variables(source)
    yield from misplaced_connections(source / "ledger" / "sqlite")
    yield from wrong_namespaces(source / "ledger")


# A row of the README's table: what it is called there, and how the status of its rows begins in docs/operations.md.
SUPPORT = [("supported and tested", "supported, tested"), ("supported, untested", "supported, untested"), ("refused", "refused")]


def engines_in_readme(root):
    """The README has the engines and set-ups of docs/operations.md by their status, without the remarks."""
    section = (root / "docs" / "operations.md").read_text().split("## Engines and set-ups")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", section, re.MULTILINE)
    readme = (root / "README.md").read_text()
    for name, status in SUPPORT:
        wanted = f"| {name} | {'; '.join(row[0] for row in rows if row[1].startswith(status))} |"
        if wanted not in readme:
            yield f"README.md lacks what docs/operations.md says: {wanted}"


RESTRICTED = [
    (r"\b(insert into|select .* from|update \w+ set)\b", ("sqlite", "mysql"), "SQL"),
    (r"<boost/beast", ("http", "elastic", "boost"), "the HTTP library"),
    (r"<sqlite3\.h>", ("sqlite",), "SQLite's interface"),
    (r"<CLI/", ("app",), "the command line's library"),
    (r"<boost/mysql", ("mysql", "boost"), "MySQL's client"),
    (r"<hiredis/", ("redis",), "Redis's client"),
    (r"redis\.call|\bXADD\b|confab:\{", ("redis",), "a script or a key of Redis"),
]


def misplaced_code(source):
    for path in sorted(source.rglob("*.[hc]pp")):
        text = path.read_text()
        folders = path.relative_to(source).parts[:-1]
        for pattern, allowed, what in RESTRICTED:
            if re.search(pattern, text) and not set(folders) & set(allowed):
                yield f"{path.relative_to(source)} has {what}, which belongs in {' or '.join(allowed)}/"


COUNTED = r"\{\} (?:apps|chats|messages|changes|findings|partitions|commands|dead letters|rows|connections|batches|such tasks)\b"


def counted_things(source):
    """A single thing is in the singular."""
    for path in sorted(source.rglob("*.[hc]pp")):
        for found in re.findall(COUNTED, path.read_text()):
            yield f"{path.relative_to(source)} says \"{found}\", which counted() (base/counted.hpp) says right"


def duplicate_variables(source):
    """The linker silently merges two inline variables with one name."""
    seen = {}
    for path in sorted(source.rglob("*.hpp")):
        namespace = ""
        for line in path.read_text().splitlines():
            if opened := re.match(r"namespace (\S+) \{", line):
                namespace = opened[1]
            if not (variable := re.match(r"inline (?:constexpr|const) .*?(\w+)(?:\[\])?\s*(?:=|\{|$)", line)):
                continue
            first = seen.setdefault((namespace, variable[1]), path)
            if first != path:
                yield f"{variable[1]} in {path.relative_to(source)} and {first.relative_to(source)} are the same to the linker"


def wrong_namespaces(folder):
    """Each folder has its own namespace, so that the linker cannot confuse the names of two engines."""
    for path in sorted(folder.rglob("*.[hc]pp")):
        wanted = "::".join(("confab", *path.relative_to(folder.parent).parts[:-1]))
        for opened in re.findall(r"^namespace (confab\S*) \{", path.read_text(), re.MULTILINE):
            if opened != wanted:
                yield f"{path.relative_to(folder)} opens namespace {opened} instead of {wanted}"


# The files that may keep a connection to the ledger's database. Only the deferred transaction has the writing one, so that
# no other code uses it in a state that the transaction does not know.
MAY_KEEP_CONNECTIONS = {"deferred_transaction.hpp", "read_session.hpp", "auditor.cpp"}


def misplaced_connections(folder):
    for path in sorted(folder.glob("*.[hc]pp")):
        if path.name not in MAY_KEEP_CONNECTIONS and re.search(r"^ +(?:\w+::)*connection ?[&*]? \w+;", path.read_text(), re.MULTILINE):
            yield f"{path.name} keeps a connection, which belongs in {' or '.join(sorted(MAY_KEEP_CONNECTIONS))}"


def main(root):
    found = list(findings(pathlib.Path(root)))
    print("\n".join(found) or "the layers are as documented")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
