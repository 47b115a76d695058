"""The definition of a search hit, by brute force and independent of the server. Every search test compares with it."""

from functools import cache
from unicodedata import normalize

# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt).
IGNORABLE_RANGES = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF))
IGNORABLE = {point: None for first, last in IGNORABLE_RANGES for point in range(first, last + 1)}


@cache
def nfkc_casefold(character):
    """The property NFKC_Casefold of one character, as the comment in DerivedNormalizationProps.txt derives it."""
    text, before = character, None
    while text != before:
        before = text
        text = normalize("NFKC", normalize("NFKC", text.translate(IGNORABLE)).casefold())
    return text


def fold(text):
    """Unicode's identifier caseless match (3.13, D147): toNFKC_Casefold(NFD(text))."""
    if text.isascii():
        return text.lower()
    return normalize("NFC", "".join(map(nfkc_casefold, normalize("NFD", text))))


def is_blank(query):
    """Whether the query has nothing to search for."""
    return not fold(query).strip()


class Scan:
    """Folds the contents once for many searches. `contents` are the messages 1, 2, 3 … of a chat."""

    def __init__(self, contents):
        self.folded = [fold(content) for content in contents]

    def find(self, query):
        """Numbers of the messages that contain the query, newest first."""
        needle = fold(query)
        return [number for number in range(len(self.folded), 0, -1) if needle in self.folded[number - 1]]
