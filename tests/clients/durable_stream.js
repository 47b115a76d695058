"use strict";
// Follows a chat with the package @durable-streams/client, from its beginning.
//   node durable_stream.js CHAT_URL catch-up|long-poll|sse       prints what follower.py reads

const { stream } = require("@durable-streams/client");
const [chat, mode] = process.argv.slice(2);
const url = `${chat}/events`;
const print = (line) => console.log(JSON.stringify(line));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const warnOnHttp = false;
let offset = "-1";

// One page at a time.
async function catchUp() {
  const page = await stream({ url, offset, live: false, warnOnHttp });
  const events = await page.json();
  print({ connected: true });
  print({ events });
  offset = page.offset;
  if (page.upToDate) await pause(100);
}

// The client comes back by itself, until it ends its session.
async function follow() {
  const session = await stream({ url, offset, live: mode, warnOnHttp });
  print({ connected: true });
  session.subscribeJson((batch) => {
    print({ events: batch.items });
    offset = batch.offset;
  });
  await session.closed;
  throw new Error("closed");
}

async function run() {
  for (;;) {
    try {
      await (mode === "catch-up" ? catchUp() : follow());
    } catch (error) {
      print(error.status >= 400 && error.status < 500 ? { failed: String(error) } : { ended: String(error.cause ?? error) });
      await pause(100);
    }
  }
}

print({ list: [] });
run();
