"""Debian's fortunes are searched while four clients write. Every message is indexed immediately."""

import multiprocessing
import random

import corpus
import pytest
from client import Chat, Client
from history import History, State, now
from index_file import INDEX_IMMEDIATELY, indexed_by_check
from load import run_concurrently

WRITERS = 4
QUERIES = 1000
START_WAIT_S = 60


class Writer:
    """Creates, edits and deletes messages in all chats until it is stopped. Changes every fourth fortune."""

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
        number = chat.create_message(content)
        state.answered_at = now()
        history.states[number].append(state)
        own.append(number)

    def edit(self, chat, history, own, content):
        number = self.rng.choice(own)
        state = history.begin_write(number, content)
        chat.edit(number, content).expect(200)
        state.answered_at = now()

    def delete(self, chat, history, own, _):
        number = own.pop(self.rng.randrange(len(own)))
        state = history.begin_write(number, None)
        chat.delete(number).expect(204)
        state.answered_at = now()


class Writers:
    """In a process of their own, since in ours they would take most of the time from the searches. They write while the body runs. Afterwards
    the histories have what they wrote."""

    def __init__(self, port, paths, histories, writers):
        self.port, self.paths, self.histories, self.writers = port, paths, histories, writers
        fork = multiprocessing.get_context("fork")  # the child has all of this without a copy
        self.has_begun, self.is_done = fork.Event(), fork.Event()
        self.receiver, self.sender = fork.Pipe(duplex=False)
        self.process = fork.Process(target=self.run, daemon=True)

    def run(self):
        run_concurrently(self.port, len(self.writers), self.write)
        self.sender.send({language: {number: states for number, states in history.states.items() if states[-1].sent > 0}
                          for language, history in self.histories.items()})

    def write(self, index, client):
        chats = {language: Chat(client, path) for language, path in self.paths.items()}
        while not self.is_done.is_set():
            self.writers[index].write(chats)
            self.has_begun.set()

    def __enter__(self):
        self.process.start()
        self.sender.close()
        assert self.has_begun.wait(START_WAIT_S)

    def __exit__(self, kind, *_):
        self.is_done.set()
        try:
            if kind is None:
                for language, written in self.receiver.recv().items():  # EOFError if a writer failed
                    self.histories[language].states.update(written)
        finally:
            self.process.kill()
            self.process.join()


@pytest.mark.heavy
def test_fortunes_are_found_exactly_while_they_are_written(confab, start, rng):
    """The searches are verified at the end, when the times of all requests and answers are known."""
    fortunes = {language: corpus.fortunes(language) for language in corpus.LANGUAGES}
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        app = client.new_app("fortunes")
        paths = {language: client.new_chat(app).path for language in fortunes}
    histories = {language: History(stored)
                 for language, stored in corpus.post_everything(server.port, paths, fortunes).items()}
    writers = [Writer(histories, fortunes, index, rng.random()) for index in range(WRITERS)]
    queries = [(language, corpus.random_query(rng, fortunes[language])) for language in fortunes
               for _ in range(QUERIES // len(fortunes))]
    rng.shuffle(queries)
    searches = []
    with Writers(server.port, paths, histories, writers), Client(server.port) as client:
        for language, query in queries:
            begun = now()
            found = Chat(client, paths[language]).search(query).expect(200).json
            searches.append((language, query, begun, now(), [(hit["number"], hit["content"]) for hit in found]))
    assert len(searches) == QUERIES
    for language, query, begun, ended, found in searches:
        histories[language].verify_search(query, begun, ended, found)
    writes = sum(len(states) for history in histories.values() for states in history.states.values())
    print(f"{writes - sum(map(len, fortunes.values()))} writes beside {len(searches)} searches")
    server.stop()
    assert indexed_by_check(confab, server.data) > 0
