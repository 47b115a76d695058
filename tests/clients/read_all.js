"use strict";
// Reads a chat with the package @durable-streams/client from its beginning to its end.
//   node read_all.js CHAT_URL

const { DurableStream, stream } = require("@durable-streams/client");
const url = `${process.argv[2]}/events`;
const warnOnHttp = false;

async function run() {
  // With `live: false` this client stops after the first page.
  const session = await stream({ url, warnOnHttp });
  const events = await session.json();
  const { offset: tail } = await DurableStream.head({ url, warnOnHttp });
  const refused = await stream({ url, offset: `AAAAAAAA${tail.slice(8)}`, warnOnHttp }).catch((error) => error);
  console.log(JSON.stringify({ events, offset: session.offset, tail, status_of_another_generation: refused.status }));
}

run();
