// Notion's own SDK, told call by call what to do: a JSON line on stdin is a
// call, a JSON line on stdout its answer, in the order in which they come.
//
//   {"id":1,"call":"pages.retrieve","args":{"page_id":"…"},"token":"…"}

import { createInterface } from "node:readline";

import { recordingClient, report } from "./steps.mjs";

const baseUrl = process.env.BASE_URL;

async function answer({ id, call, args, token, headers, retry }) {
  const { notion, answers } = recordingClient({ auth: token, baseUrl, retry }, headers);
  const [method, ...path] = call.split(".").reverse();
  const of = path.reverse().reduce((on, name) => on[name], notion);
  const reply = { id };
  try {
    await of[method](args);
  } catch (error) {
    reply.error = `${error.name} ${error.code}: ${error.message}; cause ${error.cause}`;
  }
  reply.statuses = answers.map((each) => each.status);
  reply.waits = answers.map((each) => each.headers["retry-after"] ?? "");
  const last = answers.at(-1);
  report({ ...reply, headers: last?.headers, body: last?.body });
}

for await (const line of createInterface({ input: process.stdin })) {
  answer(JSON.parse(line));
}
