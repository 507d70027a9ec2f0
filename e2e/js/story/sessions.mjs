import assert from "node:assert/strict";

import { step } from "../steps.mjs";

export default async function sessions(notion, world) {
  const stream = () => notion.sessions.stream({ message: "Ahoy" });

  if (world.slowStream) {
    await step("the first event of a stream does not wait for the next, which comes in an hour", async () => {
      for await (const event of stream()) {
        assert.equal(event.type, "session.snapshot");
        break;
      }
    });
    return;
  }

  await step("an event stream comes whole and in order", async () => {
    const types = [];
    for await (const event of stream()) types.push(event.type);
    assert.deepEqual(types, [
      "session.snapshot",
      "event.committed",
      "event.provisional",
      "event.committed",
      "stream.end",
    ]);
  });
}
