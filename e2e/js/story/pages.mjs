import assert from "node:assert/strict";

import { step, text, titleOf } from "../steps.mjs";

export default async function pages(notion, world) {
  let page;

  await step("pages.create", async () => {
    page = await notion.pages.create({
      parent: { page_id: world.home },
      icon: { emoji: "🚢" },
      properties: { title: { title: text("Ferry — été ✓") } },
      children: [{ paragraph: { rich_text: text("First words.") } }],
    });
    assert.equal(page.object, "page");
    assert.equal(titleOf(page), "Ferry — été ✓");
  });

  await step("pages.retrieve brings what was created", async () => {
    const read = await notion.pages.retrieve({ page_id: page.id });
    assert.equal(titleOf(read), "Ferry — été ✓");
    assert.equal(read.icon.emoji, "🚢");
    assert.equal(read.parent.page_id, world.home);
  });

  await step("pages.update shows in the next pages.retrieve", async () => {
    await notion.pages.update({ page_id: page.id, properties: { title: { title: text("Ferry II") } } });
    assert.equal(titleOf(await notion.pages.retrieve({ page_id: page.id })), "Ferry II");
  });

  await step("pages.properties.retrieve shows it, too", async () => {
    const item = await notion.pages.properties.retrieve({ page_id: page.id, property_id: "title" });
    assert.equal(item.object, "list");
    assert.equal(item.results[0].title.plain_text, "Ferry II");
  });

  await step("a new page shows in the parent's children that were read before", async () => {
    const before = await notion.blocks.children.list({ block_id: world.home });
    const made = await notion.pages.create({
      parent: { page_id: world.home },
      properties: { title: { title: text("Late arrival") } },
    });
    const after = await notion.blocks.children.list({ block_id: world.home });
    const added = after.results.filter((block) => !before.results.some((old) => old.id === block.id));
    assert.deepEqual(
      added.map((block) => [block.id, block.child_page.title]),
      [[made.id, "Late arrival"]],
    );
  });

  await step("pages.update puts a page into the trash", async () => {
    const trashed = await notion.pages.update({ page_id: page.id, in_trash: true });
    assert.equal(trashed.in_trash, true);
    assert.equal((await notion.pages.retrieve({ page_id: page.id })).in_trash, true);
  });

  await step("pages.update takes it out again", async () => {
    await notion.pages.update({ page_id: page.id, in_trash: false });
    assert.equal((await notion.pages.retrieve({ page_id: page.id })).in_trash, false);
  });

  await step("blocks.delete trashes a page, since its id is a block's", async () => {
    await notion.blocks.delete({ block_id: page.id });
    assert.equal((await notion.pages.retrieve({ page_id: page.id })).in_trash, true);
  });
}
