import assert from "node:assert/strict";

import { collectPaginatedAPI } from "@notionhq/client";

import { step, titleOf } from "../steps.mjs";

export default async function people(notion, world) {
  await step("users.me is the connection's bot", async () => {
    const me = await notion.users.me({});
    assert.equal(me.id, world.bot);
    assert.equal(me.type, "bot");
  });

  await step("users.list has everybody", async () => {
    const users = await collectPaginatedAPI(notion.users.list, {});
    const ids = users.map((user) => user.id);
    for (const id of [world.person, world.bot]) assert.ok(ids.includes(id), id);
  });

  await step("users.list goes page by page", async () => {
    const whole = await notion.users.list({});
    const pieces = await collectPaginatedAPI(notion.users.list, { page_size: 2 });
    assert.deepEqual(
      pieces.map((user) => user.id),
      whole.results.map((user) => user.id),
    );
  });

  await step("users.retrieve", async () => {
    const user = await notion.users.retrieve({ user_id: world.person });
    assert.equal(user.name, "Ada Lovelace");
    assert.equal(user.person.email, "ada@example.com");
  });

  await step("search finds by title", async () => {
    const found = await notion.search({ query: "Harbour plans" });
    assert.deepEqual(found.results.map(titleOf), ["Harbour plans"]);
  });

  await step("search finds data sources", async () => {
    const found = await notion.search({
      query: world.tableTitle,
      filter: { property: "object", value: "data_source" },
    });
    assert.deepEqual(
      found.results.map((source) => source.id),
      [world.source],
    );
  });
}
