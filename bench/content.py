"""The texts of the benchmark's messages, and their paths."""
import random

CONTENT_BYTES = 64
CONTENT = "the same sixty-four bytes, over and over, as a message of a chat"
# programs/fill.cpp has the same words. None of them contains a q or a j.
WORDS = ["the", "water", "and", "morning", "with", "letters", "under", "another", "small", "house", "river", "stone",
         "between", "they", "went", "home", "later", "when", "all", "of", "it", "had", "been", "said", "over", "tea", "in", "a", "room",
         "full", "of", "old", "maps"]
# No text contains these. The characters before the q are common, so that a scan cannot stop at the first character.
ABSENT_QUERIES = ("q", "hq", "thq", "the waterq")


class Contents:
    """Texts of CONTENT_BYTES, the same in every run."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def next(self):
        text = " ".join(self.random.choices(WORDS, k=CONTENT_BYTES // 2))
        return text[:CONTENT_BYTES - 1] + "."


def chats(app):
    return f"/apps/{app}/chats"


def messages(app, chat):
    return f"{chats(app)}/{chat}/messages"
