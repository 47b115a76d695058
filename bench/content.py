"""What the messages of the benchmark say, and where they are."""
import random

CONTENT_BYTES = 64
CONTENT = "the same sixty-four bytes, over and over, as a message of a chat"
# programs/fill.cpp has the same words. None of them has a q or a j.
WORDS = """the water and morning with letters under another small house river stone between they went home later when
all of it had been said over tea in a room full of old maps""".split()
# Found nowhere. What stands before the q is common, so that a scan cannot give up at the first character.
ABSENT_QUERIES = ("q", "hq", "thq", "the waterq")


class Contents:
    """Texts of CONTENT_BYTES, the same ones in every run."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def next(self):
        text = " ".join(self.random.choices(WORDS, k=CONTENT_BYTES // 2))
        return text[:CONTENT_BYTES - 1] + "."


def chats(app):
    return f"/apps/{app}/chats"


def messages(app, chat):
    return f"{chats(app)}/{chat}/messages"
