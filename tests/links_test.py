"""Every link between the documents has a target, and every source file that they name exists.

    tests/links_test.py ROOT
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LINK = re.compile(r"\]\(([^()\s]+)\)")
CODE = re.compile(r"(?s:```.*?```)|^    .*$", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
SOURCE = re.compile(r"[\w./-]*\w/[\w.-]+\.(?:cpp|hpp|py|md|tla|proto|template|c)|(?:src|tests|bench|tools|docs|spec|deploy)/[\w./-]*")


def documents(root):
    """The tracked documents. A build folder has documents of other projects."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "*.md"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Path(root) / name for name in listed.split("\0") if name]


def prose(text):
    """The text without code. Code has no links."""
    return CODE.sub("", text)


def anchors(text):
    """The anchors that GitHub generates for the headings."""
    seen = {}
    for heading in re.findall(r"^#+ +(.*?) *$", prose(text), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        count = seen[name] = seen.get(name, -1) + 1
        yield f"{name}-{count}" if count else name


def broken_links(document, text):
    for link in LINK.findall(SPAN.sub("", prose(text))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists():
            yield f"leads nowhere: {link}"
        elif anchor and anchor not in anchors(target.read_text()):
            yield f"no such heading: {link}"


def missing_sources(root, document, text):
    """Paths are from the root, from src/, from tests/ or from the document."""
    folders = (root, root / "src", root / "tests", document.parent)
    for span in SPAN.findall(prose(text)):
        if SOURCE.fullmatch(span) and not any((folder / span).exists() for folder in folders):
            yield f"no such file: {span}"


def findings(root):
    for document in documents(root):
        text = document.read_text()
        for found in (*broken_links(document, text), *missing_sources(root, document, text)):
            yield f"{document.relative_to(root)}: {found}"


class Links(unittest.TestCase):
    """Tests of the functions above."""

    def found(self, text):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "other.md").write_text("# A `b`, c\n\n# A `b`, c\n")
            (root / "page.md").write_text(text)
            return [*broken_links(root / "page.md", text), *missing_sources(root, root / "page.md", text)]

    def test_what_is_there_is_no_finding(self):
        self.assertEqual(self.found("# Top\n[a](other.md) [b](other.md#a-b-c-1) [c](#top) [d](https://x.y) `x(y)`\n"), [])

    def test_code_holds_no_links(self):
        self.assertEqual(self.found("```\n[a](no.md)\n```\n\n    [b](no.md)\n\n`[c](no.md)`\n"), [])

    def test_missing_files_and_headings_are_findings(self):
        self.assertEqual(len(self.found("[a](no.md) [b](other.md#no) [c](#no) `src/no/no.cpp`\n")), 4)


def main(root):
    outcome = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromTestCase(Links))
    found = list(findings(Path(root).resolve()))
    print("\n".join(found) or "every link has a target")
    return 1 if found or not outcome.wasSuccessful() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
