import assert from "node:assert/strict";

import { collectPaginatedAPI } from "@notionhq/client";

import { plain, step, text } from "../steps.mjs";

const paragraph = (content) => ({ paragraph: { rich_text: text(content) } });
const words = (blocks) => blocks.map((block) => plain(block.paragraph.rich_text));

export default async function blocks(notion, world) {
  const list = () => collectPaginatedAPI(notion.blocks.children.list, { block_id: world.page });
  let appended;

  await step("blocks.children.list", async () => {
    assert.deepEqual(words(await list()), ["Seeded."]);
  });

  await step("blocks.children.append shows in the next list", async () => {
    const answer = await notion.blocks.children.append({
      block_id: world.page,
      children: [paragraph("One."), paragraph("Two.")],
    });
    appended = answer.results;
    assert.deepEqual(words(await list()), ["Seeded.", "One.", "Two."]);
  });

  await step("blocks.update shows in retrieve and in list", async () => {
    await notion.blocks.update({ block_id: appended[0].id, ...paragraph("One, changed.") });
    const read = await notion.blocks.retrieve({ block_id: appended[0].id });
    assert.deepEqual(words([read]), ["One, changed."]);
    assert.deepEqual(words(await list()), ["Seeded.", "One, changed.", "Two."]);
  });

  await step("blocks.delete shows in the next list", async () => {
    await notion.blocks.delete({ block_id: appended[1].id });
    assert.deepEqual(words(await list()), ["Seeded.", "One, changed."]);
  });

  await step("a list of 120 blocks, 50 at a time, is whole and in order", async () => {
    const want = Array.from({ length: 120 }, (_, i) => `Line ${i}`);
    const page = await notion.pages.create({
      parent: { page_id: world.home },
      properties: { title: { title: text("Long") } },
      children: want.slice(0, 100).map(paragraph),
    });
    await notion.blocks.children.append({ block_id: page.id, children: want.slice(100).map(paragraph) });
    const got = await collectPaginatedAPI(notion.blocks.children.list, { block_id: page.id, page_size: 50 });
    assert.deepEqual(words(got), want);
  });
}
