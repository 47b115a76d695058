"""Debian's fortunes, searched while four clients write and everything is indexed at once."""

import random
import threading

import pytest

import corpus
from client import Chat, Client
from history import History, State, now
from index_file import AT_ONCE, checked
from load import together

WRITERS = 4
QUERIES = 1000


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
    """Each search is judged when all is known that was sent and answered."""
    fortunes = {language: corpus.fortunes(language) for language in corpus.LANGUAGES}
    server = start(*AT_ONCE)
    with Client(server.port) as client:
        app = client.new_app("fortunes")
        paths = {language: client.new_chat(app).path for language in fortunes}
    histories = {language: History(stored)
                 for language, stored in corpus.post_everything(server.port, paths, fortunes).items()}
    writers = [Writer(histories, fortunes, index, rng.random()) for index in range(WRITERS)]
    queries = [(language, corpus.random_query(rng, fortunes[language])) for language in fortunes
               for _ in range(QUERIES // len(fortunes))]
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
    assert len(searches) == QUERIES
    for language, query, begun, ended, found in searches:
        histories[language].judge(query, begun, ended, found)
    writes = sum(len(states) for history in histories.values() for states in history.states.values())
    print(f"{writes - sum(map(len, fortunes.values()))} writes beside {len(searches)} searches")
    server.stop()
    assert checked(confab, server.data) > 0
