"use strict";
// Follows a chat with the package eventsource: loads the messages, then follows from the position of the list.
//   node event_source.js PACKAGE CHAT_URL        prints what follower.py reads

const [packageName, chat] = process.argv.slice(2);
const loaded = require(packageName);
const EventSource = loaded.EventSource ?? loaded;
const types = ["message.created", "message.updated", "message.deleted"];
const print = (line) => console.log(JSON.stringify(line));

async function load() {
  const list = await fetch(`${chat}/messages`);
  print({ list: await list.json() });
  return list.headers.get("last-event-id");
}

async function follow() {
  const position = await load();
  const source = new EventSource(`${chat}/events?last_event_id=${encodeURIComponent(position)}`);
  source.addEventListener("ready", () => print({ connected: true }));
  source.addEventListener("reset", () => print({ failed: "reset, although the ledger is the same" }));
  for (const type of types) {
    source.addEventListener(type, ({ data, lastEventId }) => {
      if (!lastEventId) print({ failed: `no id: ${data}` });
      print({ events: [JSON.parse(data)] });
    });
  }
  source.addEventListener("error", ({ code, status, message }) => {
    if (source.readyState === EventSource.CLOSED) print({ failed: `${code ?? status} ${message}` });
  });
}

follow();
