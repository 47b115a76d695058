"""The expected content of a page of a list, and how to follow its links."""

import re

LINK = r'<(/[^<>"\s/][^<>"\s]*)>\s*;\s*rel="(next|prev)"'
LIMIT_DEFAULT = 50


def page_of(items, limit=LIMIT_DEFAULT, order="asc", after=None, before=None, around=None):
    """The expected page of the list `items`. Numbers count from 1. `order` selects other items only if no number is given."""
    count = len(items)
    if after is not None:
        start = min(after, count)
    elif before is not None:
        end = max(0, min(before - 1, count))
        return listed(items[max(0, end - limit):end], order)
    elif around is not None:
        start = max(0, min(around - 1 - (limit - 1) // 2, count - limit))
    else:
        start = 0 if order == "asc" else max(0, count - limit)
    return listed(items[start:start + limit], order)


def listed(items, order):
    return items if order == "asc" else items[::-1]


def split_around(items, page, order):
    """The items before and after a page in the listed order, to the ends of the list."""
    items = listed(items, order)
    at = items.index(page[0])
    assert items[at:at + len(page)] == page
    return items[:at], items[at + len(page):]


def links(answer):
    """The path of each relation in the Link header."""
    header = ", ".join(answer.headers.get_all("Link", []))
    assert re.fullmatch(f"{LINK}(\\s*,\\s*{LINK})*|", header), header
    found = {rel: path for path, rel in re.findall(LINK, header)}
    assert header.count("rel=") == len(found), header
    return found


def follow(client, path, rel="next", method="GET"):
    """Yields the answer for a page, then the answers for the pages that its links lead to."""
    seen = set()
    while path:
        assert path not in seen, f"{path} leads to itself"
        seen.add(path)
        answer = client.request(method, path).expect(200)
        yield answer
        path = links(answer).get(rel)


def joined(answers):
    return [item for answer in answers for item in answer.json]
