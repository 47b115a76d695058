"""What messages may have said at a moment, when others write: every text with the times of its request and its answer.

A search that began after an edit was answered must see it; one that ended before the edit was sent must not; one that
ran beside it may do either.
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
    """The messages of one chat. Only one writer writes to each message; the times are of this machine."""

    def __init__(self, contents):
        self.states = defaultdict(list)
        for number, content in contents.items():
            self.states[number].append(State(content, 0, 0))

    def begin_write(self, number, content):
        """To be called before the request; its answer sets `answered_at`."""
        state = State(content, now())
        self.states[number].append(state)
        return state

    def possible(self, number, begun, ended):
        """What the message may have said to a search of this time; None in it: nothing, or not there."""
        states = self.states.get(number, [])
        if len(states) == 1 and states[0].answered_at == 0:
            return states  # there from the beginning, and never written to
        done = max((at for at, state in enumerate(states) if state.answered_at is not None and state.answered_at <= begun), default=-1)
        seen = [states[done]] if done >= 0 else [State(None, 0)]
        return seen + [state for state in states[done + 1:] if state.sent <= ended]

    def verify_search(self, query, begun, ended, found):
        """`found` is what a search of that time answered: number and content of each hit, the newest first."""
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
