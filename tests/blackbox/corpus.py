"""Debian's fortunes: real text in several scripts, with unusual bytes."""

import subprocess
from pathlib import Path

from client import Chat
from fold import is_blank
from load import distribute

FOLDER = "/usr/share/games/fortunes"
LANGUAGES = {
    "en": ("fortunes", "fortunes-min"),
    "de": ("fortunes-de",),
    "zh": ("fortunes-zh",),
    "ru": ("fortunes-ru",),
}
CONTENT_BYTES_MAX = 65536
CLIENTS = 32
QUERY_CHARACTERS_MAX = 20


def files(language):
    listed = subprocess.run(["dpkg", "-L", *LANGUAGES[language]], check=True, capture_output=True, text=True).stdout
    paths = sorted({Path(line) for line in listed.splitlines() if line.startswith(FOLDER + "/")})
    return [path for path in paths if path.suffix not in (".dat", ".u8") and path.is_file()]


def as_content(text):
    text = text.replace("\0", "")
    return text.encode()[:CONTENT_BYTES_MAX].decode(errors="ignore")


def fortunes(language):
    """Every fortune of a language. The server must accept each as a message."""
    found = []
    for path in files(language):
        lines = path.read_bytes().decode("utf-8", errors="replace").split("\n")
        found += split_at_percent_lines(lines)
    return [content for content in map(as_content, found) if content.strip()]


def split_at_percent_lines(lines):
    pieces, piece = [], []
    for line in lines:
        if line.rstrip("\r") == "%":
            pieces.append("\n".join(piece))
            piece = []
        else:
            piece.append(line)
    return [*pieces, "\n".join(piece)]


def post_everything(port, paths, fortunes):
    """Posts all languages concurrently. Returns the expected content by number for each language."""
    jobs = [(language, content) for language, contents in fortunes.items() for content in contents]

    def post(client, job):
        language, content = job
        return language, Chat(client, paths[language]).create_message(content), content

    stored = {language: {} for language in fortunes}
    for language, number, content in distribute(port, CLIENTS, jobs, post):
        assert number not in stored[language], f"{language} {number} was returned twice"
        stored[language][number] = content
    return stored


def random_query(rng, contents):
    """A substring of one of the messages that is not blank."""
    while True:
        content = rng.choice(contents)
        start = rng.randrange(len(content))
        query = content[start:start + rng.randint(1, QUERY_CHARACTERS_MAX)]
        if not is_blank(query):
            return query
