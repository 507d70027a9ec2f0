import assert from "node:assert/strict";

import { step, text } from "../steps.mjs";

export default async function markdown(notion, world) {
  const read = async () => (await notion.pages.retrieveMarkdown({ page_id: page.id })).markdown;
  let page;

  await step("a page is created from markdown, and read as it", async () => {
    page = await notion.pages.create({
      parent: { page_id: world.home },
      properties: { title: { title: text("Signals") } },
      markdown: "# Flags\n\nRed, right, returning.",
    });
    const got = await read();
    assert.match(got, /# Flags/);
    assert.match(got, /Red, right, returning\./);
  });

  await step("pages.updateMarkdown shows in the markdown and in the blocks", async () => {
    const blocks = async () => (await notion.blocks.children.list({ block_id: page.id })).results;
    const before = await blocks();
    await notion.pages.updateMarkdown({
      page_id: page.id,
      type: "insert_content",
      insert_content: { content: "Green buoys to starboard.", position: { type: "end" } },
    });
    assert.match(await read(), /Green buoys/);
    assert.equal((await blocks()).length, before.length + 1);
  });

  await step("a block that is appended shows in the markdown", async () => {
    await notion.blocks.children.append({
      block_id: page.id,
      children: [{ paragraph: { rich_text: text("Fog horn.") } }],
    });
    assert.match(await read(), /Fog horn\./);
  });
}
