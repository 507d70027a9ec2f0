// Notion's own SDK at work: everything that an application does, step by step.
// The world it works in comes as JSON in the variable WORLD.

import assert from "node:assert/strict";

import blocks from "./story/blocks.mjs";
import comments from "./story/comments.mjs";
import errors from "./story/errors.mjs";
import markdown from "./story/markdown.mjs";
import pages from "./story/pages.mjs";
import people from "./story/people.mjs";
import sessions from "./story/sessions.mjs";
import table from "./story/table.mjs";
import uploads from "./story/uploads.mjs";
import { finish, recordingClient, step } from "./steps.mjs";

const world = JSON.parse(process.env.WORLD);
const { notion, answers } = recordingClient({
  auth: world.token,
  baseUrl: world.baseUrl,
  notionVersion: world.version,
});

for (const chapter of [people, pages, blocks, markdown, comments, table, uploads, sessions]) {
  await chapter(notion, world);
}

await step("no answer was a 429", () => {
  assert.deepEqual(
    answers.filter((answer) => answer.status === 429),
    [],
  );
});

if (!world.direct) {
  await step("every answer says how it came about", () => {
    for (const { headers } of answers) assert.ok(headers["cache-status"], JSON.stringify(headers));
  });

  await step("no answer brings what is between Notion and its edge", () => {
    const theirs = ["set-cookie", "alt-svc", "strict-transport-security", "cf-cache-status", "server"];
    for (const { headers } of answers) {
      for (const name of theirs) assert.equal(headers[name], undefined, name);
    }
  });
}

await errors(world);
finish();
