import assert from "node:assert/strict";

import { plain, step, text } from "../steps.mjs";

export default async function comments(notion, world) {
  const list = async () => (await notion.comments.list({ block_id: world.page })).results;
  const words = (all) => all.map((comment) => plain(comment.rich_text));
  let first;

  await step("comments.list begins empty", async () => {
    assert.deepEqual(await list(), []);
  });

  await step("comments.create shows in the next list", async () => {
    first = await notion.comments.create({ parent: { page_id: world.page }, rich_text: text("Nice.") });
    assert.deepEqual(words(await list()), ["Nice."]);
  });

  await step("a reply in the discussion shows, too", async () => {
    await notion.comments.create({ discussion_id: first.discussion_id, rich_text: text("Agreed.") });
    assert.deepEqual(words(await list()), ["Nice.", "Agreed."]);
  });

  await step("comments.retrieve", async () => {
    const read = await notion.comments.retrieve({ comment_id: first.id });
    assert.equal(plain(read.rich_text), "Nice.");
  });

  await step("comments.update and comments.delete show in the next list", async () => {
    await notion.comments.update({ comment_id: first.id, rich_text: text("Very nice.") });
    assert.deepEqual(words(await list()), ["Very nice.", "Agreed."]);
    await notion.comments.delete({ comment_id: first.id });
    assert.deepEqual(words(await list()), ["Agreed."]);
  });
}
