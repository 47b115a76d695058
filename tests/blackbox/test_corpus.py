"""The main job on real text: Debian's fortunes in four languages, written by 32 clients, listed and searched."""

import pytest

import corpus
from client import Chat, Client
from fold import Scan
from load import share

CLIENTS = 32
QUERIES = 200
QUERY_CHARACTERS_MAX = 20


def post_everything(port, paths, fortunes):
    """Posts all languages at once, mixed; returns for each what it must hold by number."""
    jobs = [(language, content) for language, contents in fortunes.items() for content in contents]

    def post(client, job):
        language, content = job
        return language, Chat(client, paths[language]).tell(content), content

    stored = {language: {} for language in fortunes}
    for language, number, content in share(port, CLIENTS, jobs, post):
        assert number not in stored[language], f"{language} {number} was told twice"
        stored[language][number] = content
    return stored


def random_query(rng, contents):
    """A substring of one of the messages, in whatever script it is, that is not blank."""
    while True:
        content = rng.choice(contents)
        start = rng.randrange(len(content))
        query = content[start:start + rng.randint(1, QUERY_CHARACTERS_MAX)]
        if query.strip():
            return query


@pytest.mark.heavy
def test_fortunes_are_listed_byte_equal_and_found_exactly(start, rng):
    fortunes = {language: corpus.fortunes(language) for language in corpus.LANGUAGES}
    assert all(len(contents) > 1000 for contents in fortunes.values())
    server = start("--search-time-max-ms", 600_000)  # exactness is asked for, not speed under a sanitizer
    with Client(server.port) as client:
        app = client.new_app("fortunes")
        paths = {language: client.new_chat(app).path for language in fortunes}
        stored = post_everything(server.port, paths, fortunes)
        held = {}
        for language, contents in fortunes.items():
            held[language] = Chat(client, paths[language]).contents()
            assert held[language] == [stored[language][number] for number in range(1, len(contents) + 1)]
            assert sorted(held[language]) == sorted(contents)
            assert Chat(client, paths[language]).count() == len(contents)
        search_everything(client, paths, held, rng)
    server.stop()


def search_everything(client, paths, held, rng):
    scans = {language: Scan(contents) for language, contents in held.items()}
    for turn in range(QUERIES):
        language = list(held)[turn % len(held)]
        query = random_query(rng, held[language])
        found = Chat(client, paths[language]).search(query).expect(200).json
        assert [message["number"] for message in found] == scans[language].find(query), (language, query)
        assert all(message["content"] == held[language][message["number"] - 1] for message in found), (language, query)
