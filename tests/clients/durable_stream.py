"""Follows a chat with the package durable-streams, from its beginning.

    durable_stream.py CHAT_URL catch-up|long-poll|sse       prints what follower.py reads
"""

import json
import sys
import time

import httpx
from durable_streams import DurableStreamError, stream

PAUSE_S = 0.1
LIVE = {"catch-up": False, "long-poll": "long-poll", "sse": "sse"}


def show(line):
    print(json.dumps(line), flush=True)


def retry(error):
    """The client repeats its request, except after a refusal."""
    if isinstance(error, DurableStreamError) and (error.status or 500) < 500:
        return None
    time.sleep(PAUSE_S)
    return {}


def session(url, offset, live):
    """Reads until the client ends its session. Yields the offset after each batch."""
    with stream(url, offset=offset, live=live, on_error=retry) as response:
        show({"connected": True})
        for batch in response.iter_events(mode="json_batches"):
            show({"events": batch.data})
            yield batch.next_offset


def main(chat, mode):
    offset = "-1"
    show({"list": []})
    while True:
        try:
            for offset in session(f"{chat}/events", offset, LIVE[mode]):  # noqa: B007, B020  the next session begins there
                pass
            if mode != "catch-up":
                show({"ended": ""})
        except DurableStreamError as error:
            show({"failed": repr(error)})
        except (httpx.HTTPError, ValueError) as error:
            # The connection ended in the middle of a response.
            show({"ended": repr(error)})
        time.sleep(PAUSE_S)


main(*sys.argv[1:])
