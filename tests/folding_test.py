"""Every code point, and random texts, fold as in the reference of the search tests, which uses Python's Unicode data."""

import random
import subprocess
import sys
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "blackbox"))

from fold import IGNORABLE
from fold import fold as reference


def all_characters():
    """All code points except the line feed, which separates the texts, and those unassigned in either Unicode version."""
    for code in range(1, 0x110000):
        character = chr(code)
        if code in IGNORABLE or (unicodedata.category(character) not in ("Cn", "Cs") and code != 0x0A):
            yield character


def random_texts(characters, seed, count):
    choose = random.Random(seed)
    letters = [c for c in characters if c.casefold() != c or unicodedata.combining(c)]
    letters += [chr(code) for code in IGNORABLE if code < 0xE0000] * 5
    for _ in range(count):
        source = letters if choose.random() < 0.5 else characters
        yield "".join(choose.choice(source) for _ in range(choose.randint(1, 12)))


def main(fold_program, seed):
    print("seed", seed)
    characters = list(all_characters())
    texts = characters + list(random_texts(characters, seed, 50_000))
    given = "".join(text + "\n" for text in texts).encode()
    folded = subprocess.run([fold_program], input=given, stdout=subprocess.PIPE, check=True).stdout.decode()
    lines = folded.split("\n")[:-1]
    assert len(lines) == len(texts), (len(lines), len(texts))
    differing = [(text, line) for text, line in zip(texts, lines, strict=True) if line != reference(text)]
    for text, line in differing[:20]:
        print(ascii(text), "folds to", ascii(line), "expected", ascii(reference(text)))
    print(len(texts), "texts,", len(differing), "differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)))
