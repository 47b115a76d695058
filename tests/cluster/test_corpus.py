"""Debian's fortunes in four languages through two nodes: they are returned byte for byte and found by search."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import corpus
from client import Chat, Client
from fold import Scan, is_blank

CLIENTS = 32
QUERIES = 200


def test_fortunes_go_in_through_two_nodes_and_come_out_byte_equal_and_found(cluster, rng):
    fortunes = {language: corpus.fortunes(language) for language in corpus.LANGUAGES}
    ports = [node.port for node in cluster.nodes]
    with Client(ports[0]) as client:
        app = client.new_app("fortunes")
        paths = {language: client.new_chat(app).path for language in fortunes}
    jobs = [(language, content) for language, contents in fortunes.items() for content in contents]
    stored = {language: {} for language in fortunes}
    lock = threading.Lock()

    def write(index):
        with Client(ports[index % 2]) as client:
            for language, content in itertools.islice(jobs, index, None, CLIENTS):
                number = Chat(client, paths[language]).create_message(content)
                with lock:
                    assert number not in stored[language], f"{language} {number} was returned twice"
                    stored[language][number] = content

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(write, range(CLIENTS)))
    with Client(ports[0]) as one, Client(ports[1]) as other:
        held = {}
        for language, contents in fortunes.items():
            held[language] = Chat(one, paths[language]).contents()
            assert held[language] == [stored[language][number] for number in range(1, len(contents) + 1)]
            assert Chat(other, paths[language]).contents() == held[language]
        scans = {language: Scan(contents) for language, contents in held.items()}
        for turn in range(QUERIES):
            language = list(held)[turn % len(held)]
            query = random_query(rng, held[language])
            found = Chat((one, other)[turn % 2], paths[language]).find(query)
            assert found == scans[language].find(query), (language, query)
    print(cluster.run("check"))


def random_query(rng, contents):
    while True:
        content = rng.choice(contents)
        start = rng.randrange(len(content))
        query = content[start:start + rng.randint(1, 20)]
        if not is_blank(query):
            return query
