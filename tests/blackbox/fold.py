"""The definition of a search hit, on its own and by brute force: the judge of every search test."""

from unicodedata import normalize


def fold(text):
    return normalize("NFKC", normalize("NFKC", text).casefold())


class Scan:
    """Folded once, searched often. `contents` are the messages 1, 2, 3 … of a chat."""

    def __init__(self, contents):
        self.folded = [fold(content) for content in contents]

    def find(self, query):
        """Numbers of the messages that contain the query, newest first."""
        needle = fold(query)
        return [number for number in range(len(self.folded), 0, -1) if needle in self.folded[number - 1]]
