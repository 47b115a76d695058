"""The contents that concurrent writers may have given each message at a time: each with the times of its request and answer.

A search that began after the answer to an edit must see the edit. A search that ended before the edit was sent must not.
A concurrent search may do either.
"""

import time
from collections import defaultdict
from dataclasses import dataclass

from fold import fold


@dataclass
class State:
    content: str | None
    sent: int
    answered_at: int | None = None
    folded: str = ""

    def __post_init__(self):
        self.folded = fold(self.content or "")


class History:
    """The messages of one chat. REQUIRES: one writer per message. Times are of this machine's clock."""

    def __init__(self, contents):
        self.states = defaultdict(list)
        for number, content in contents.items():
            self.states[number].append(State(content, 0, 0))

    def begin_write(self, number, content):
        """REQUIRES: called before the request is sent. The caller sets `answered_at` when it has the answer."""
        state = State(content, now())
        self.states[number].append(state)
        return state

    def possible(self, number, begun, ended):
        """The states that a search in this interval may have seen. The content None: deleted, or not yet created."""
        states = self.states.get(number, [])
        if len(states) == 1 and states[0].answered_at == 0:
            return states  # created before the test and never changed
        done = max((at for at, state in enumerate(states) if state.answered_at is not None and state.answered_at <= begun), default=-1)
        seen = [states[done]] if done >= 0 else [State(None, 0)]
        return seen + [state for state in states[done + 1:] if state.sent <= ended]

    def verify_search(self, query, begun, ended, found):
        """`found` is the answer to a search in that interval: number and content of each hit, newest first."""
        needle = fold(query)
        numbers = [number for number, _ in found]
        assert numbers == sorted(set(numbers), reverse=True), query
        contents = dict(found)
        for number in self.states.keys() | contents.keys():
            states = self.possible(number, begun, ended)
            if number in contents:
                hits = [state.content for state in states if state.content is not None and needle in state.folded]
                assert contents[number] in hits, (query, number, contents[number], states)
            else:
                misses = [state for state in states if state.content is None or needle not in state.folded]
                assert misses, (query, number, states)


def now():
    return time.monotonic_ns()
