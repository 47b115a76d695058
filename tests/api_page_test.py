"""docs/api.md names exactly the routes and problems of the sources.

    tests/api_page_test.py ROOT
"""

import re
import sys
from pathlib import Path


def rows_below(document, source):
    """The cells of each row of the table below the HTML comment that names `source`."""
    remark = f"<!-- tests/api_page_test.py compares this table with {source} -->"
    if remark not in document:
        sys.exit(f"docs/api.md lacks: {remark}")
    table = document.split(remark, 1)[1].lstrip("\n").split("\n\n", 1)[0].splitlines()
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table[2:]]


def routes_of_source(text):
    return {(verb.upper(), path) for verb, path in re.findall(r'\{verb::(\w+?)_?,\s*"(/[^"]*)"', text)}


def problems_of_source(text):
    """Status, code and Retry-After of each problem, in the page's spelling."""
    found = re.findall(r'\{(\d{3}),\s*"(\w+)",\s*"[^"]*",\s*(\w+)\}', text)
    return {(status, code, "" if retry == "no_retry" else retry) for status, code, retry in found}


def differences(what, page, source):
    if len(source) < 10:
        yield f"only {len(source)} {what} were found in the sources"
    yield from (f"{what}, not in docs/api.md: {' '.join(each)}" for each in sorted(source - page))
    yield from (f"{what}, only in docs/api.md: {' '.join(each)}" for each in sorted(page - source))


def main(root):
    document = (root / "docs" / "api.md").read_text()
    routes, problems = "src/api/routes.cpp", "src/http/problem.cpp"
    found = [*differences("routes", {tuple(row[:2]) for row in rows_below(document, routes)},
                          routes_of_source((root / routes).read_text())),
             *differences("problems", {tuple(row[:3]) for row in rows_below(document, problems)},
                          problems_of_source((root / problems).read_text()))]
    print("\n".join(found) or "docs/api.md has the routes and problems of the sources")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
