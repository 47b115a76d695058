"""The main job on real text: Debian's fortunes in four languages, written by 32 clients, listed, paged and searched."""

import random
import threading

import pytest

import corpus
from client import Chat, Client
from fold import Scan
from history import History, State, now
from index_file import AT_ONCE, checked
from load import share, together
from pages import follow, joined, links, page_of

CLIENTS = 32
QUERIES = 200
QUERY_CHARACTERS_MAX = 20
WRITERS = 4
QUERIES_BESIDE_WRITERS = 1000


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
    server = start()
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
        for path in paths.values():
            page_everything(server.port, client, Chat(client, path))
    server.stop()


def search_everything(client, paths, held, rng):
    scans = {language: Scan(contents) for language, contents in held.items()}
    for turn in range(QUERIES):
        language = list(held)[turn % len(held)]
        query = random_query(rng, held[language])
        found = Chat(client, paths[language]).search(query).expect(200).json
        assert [message["number"] for message in found] == scans[language].find(query), (language, query)
        assert all(message["content"] == held[language][message["number"] - 1] for message in found), (language, query)


def page_everything(port, client, chat):
    """In both directions and around every tenth number: always the whole list, cut."""
    whole = chat.messages()
    for start, expected in (("after=0&order=asc", whole), (f"before={len(whole) + 1}&order=desc", whole[::-1])):
        forth = list(follow(client, f"{chat.messages_path}?{start}&limit=999"))
        assert joined(forth) == expected
        back = [*reversed(list(follow(client, links(forth[-1])["prev"], "prev")))]
        assert joined(back) + forth[-1].json == expected

    def around(client, number):
        limit = 1 + number % 60
        assert chat.through(client).page(around=number, limit=limit).json == page_of(whole, around=number, limit=limit)

    share(port, 4, range(10, len(whole) + 10, 10), around)


class Writer:
    """Creates, edits and deletes in all chats until it is told to stop; of the fortunes it changes every fourth."""

    def __init__(self, histories, fortunes, index, seed):
        self.histories, self.fortunes, self.rng = histories, fortunes, random.Random(seed)
        self.own = {language: [number for number in history.states if number % WRITERS == index]
                    for language, history in histories.items()}

    def write(self, chats):
        language = self.rng.choice(list(chats))
        deed = self.rng.choice([self.create, self.edit, self.edit, self.delete])
        deed(chats[language], self.histories[language], self.own[language], self.rng.choice(self.fortunes[language]))

    def create(self, chat, history, own, content):
        state = State(content, now())
        number = chat.tell(content)
        state.told = now()
        history.states[number].append(state)
        own.append(number)

    def edit(self, chat, history, own, content):
        number = self.rng.choice(own)
        state = history.writing(number, content)
        chat.edit(number, content).expect(200)
        state.told = now()

    def delete(self, chat, history, own, _):
        number = own.pop(self.rng.randrange(len(own)))
        state = history.writing(number, None)
        chat.delete(number).expect(204)
        state.told = now()


@pytest.mark.heavy
def test_fortunes_are_found_exactly_while_they_are_written(confab, start, rng):
    """1,000 searches while four clients write and everything is indexed at once; judged when all is known."""
    fortunes = {language: corpus.fortunes(language) for language in corpus.LANGUAGES}
    server = start(*AT_ONCE)
    with Client(server.port) as client:
        app = client.new_app("fortunes")
        paths = {language: client.new_chat(app).path for language in fortunes}
    histories = {language: History(stored)
                 for language, stored in post_everything(server.port, paths, fortunes).items()}
    writers = [Writer(histories, fortunes, index, rng.random()) for index in range(WRITERS)]
    queries = [(language, random_query(rng, fortunes[language])) for language in fortunes
               for _ in range(QUERIES_BESIDE_WRITERS // len(fortunes))]
    rng.shuffle(queries)
    searches, is_done = [], threading.Event()

    def work(index, client):
        chats = {language: Chat(client, path) for language, path in paths.items()}
        if index < WRITERS:
            while not is_done.is_set():
                writers[index].write(chats)
            return
        try:
            for language, query in queries:
                begun = now()
                found = chats[language].search(query).expect(200).json
                searches.append((language, query, begun, now(), [(hit["number"], hit["content"]) for hit in found]))
        finally:
            is_done.set()

    together(server.port, WRITERS + 1, work)
    assert len(searches) == QUERIES_BESIDE_WRITERS
    for language, query, begun, ended, found in searches:
        histories[language].judge(query, begun, ended, found)
    writes = sum(len(states) for history in histories.values() for states in history.states.values())
    print(f"{writes - sum(map(len, fortunes.values()))} writes beside {len(searches)} searches")
    server.stop()
    assert checked(confab, server.data) > 0
