"""Reads a chat with the package durable-streams from its beginning to its end.

    read_all.py CHAT_URL
"""

import json
import sys

from durable_streams import DurableStream, DurableStreamError, stream

url = f"{sys.argv[1]}/events"
# With `live=False`, read_json of this client stops after the first page.
with stream(url) as response:
    events = response.read_json()
    offset = response.offset
with DurableStream(url) as handle:
    tail = handle.head().offset
try:
    with stream(url, offset=f"AAAAAAAA{tail[8:]}"):
        status = 200
except DurableStreamError as error:
    status = error.status
print(json.dumps({"events": events, "offset": offset, "tail": tail, "status_of_another_generation": status}))
