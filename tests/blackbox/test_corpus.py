"""Debian's fortunes in four languages: 32 clients write them; then they are listed, paged and searched."""

import corpus
import pytest
from client import Chat, Client
from fold import Scan
from load import distribute
from pages import follow, joined, links, page_of

QUERIES = 200


@pytest.mark.heavy
def test_fortunes_are_listed_byte_equal_and_found_exactly(start, rng):
    fortunes = {language: corpus.fortunes(language) for language in corpus.LANGUAGES}
    assert all(len(contents) > 1000 for contents in fortunes.values())
    server = start("--search-time-max-ms", 600_000)  # searches are slow under a sanitizer
    with Client(server.port) as client:
        app = client.new_app("fortunes")
        paths = {language: client.new_chat(app).path for language in fortunes}
        stored = corpus.post_everything(server.port, paths, fortunes)
        held = {}
        for language, contents in fortunes.items():
            held[language] = Chat(client, paths[language]).contents()
            assert held[language] == [stored[language][number] for number in range(1, len(contents) + 1)]
            assert sorted(held[language]) == sorted(contents)
            assert Chat(client, paths[language]).count() == len(contents)
        search_everything(client, paths, held, rng)
        for path in paths.values():
            page_everything(server.port, client, Chat(client, path))
    server.stop()


def search_everything(client, paths, held, rng):
    scans = {language: Scan(contents) for language, contents in held.items()}
    for turn in range(QUERIES):
        language = list(held)[turn % len(held)]
        query = corpus.random_query(rng, held[language])
        found = Chat(client, paths[language]).search(query).expect(200).json
        assert [message["number"] for message in found] == scans[language].find(query), (language, query)
        assert all(message["content"] == held[language][message["number"] - 1] for message in found), (language, query)


def page_everything(port, client, chat):
    """Pages in both directions and around every tenth number are slices of the complete list."""
    whole = chat.messages()
    for start, expected in (("after=0&order=asc", whole), (f"before={len(whole) + 1}&order=desc", whole[::-1])):
        forth = list(follow(client, f"{chat.messages_path}?{start}&limit=999"))
        assert joined(forth) == expected
        back = [*reversed(list(follow(client, links(forth[-1])["prev"], "prev")))]
        assert joined(back) + forth[-1].json == expected

    def around(client, number):
        limit = 1 + number % 60
        assert chat.with_client(client).page(around=number, limit=limit).json == page_of(whole, around=number, limit=limit)

    distribute(port, 4, range(10, len(whole) + 10, 10), around)
