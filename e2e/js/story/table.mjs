import assert from "node:assert/strict";

import { collectPaginatedAPI } from "@notionhq/client";

import { step, text, titleOf } from "../steps.mjs";

export default async function table(notion, world) {
  await ownDatabase(notion, world);
  await seededRows(notion, world);
}

/** A database that the SDK makes itself. */
async function ownDatabase(notion, world) {
  let source, row;

  await step("databases.create makes a database with a data source", async () => {
    const database = await notion.databases.create({
      parent: { type: "page_id", page_id: world.home },
      title: text("Ships"),
      initial_data_source: {
        properties: { Name: { title: {} }, Tons: { number: {} }, Afloat: { checkbox: {} } },
      },
    });
    assert.equal(database.object, "database");
    source = database.data_sources[0].id;
    const read = await notion.databases.retrieve({ database_id: database.id });
    assert.deepEqual(
      read.data_sources.map((each) => each.id),
      [source],
    );
  });

  await step("dataSources.retrieve shows the schema", async () => {
    const read = await notion.dataSources.retrieve({ data_source_id: source });
    assert.deepEqual(Object.keys(read.properties).sort(), ["Afloat", "Name", "Tons"]);
  });

  await step("a row that is created shows in a query that was made before", async () => {
    const query = () => notion.dataSources.query({ data_source_id: source });
    assert.deepEqual((await query()).results, []);
    row = await notion.pages.create({
      parent: { type: "data_source_id", data_source_id: source },
      properties: { Name: { title: text("Vasa") }, Tons: { number: 1210 }, Afloat: { checkbox: true } },
    });
    assert.deepEqual((await query()).results.map(titleOf), ["Vasa"]);
  });

  await step("a row that is updated leaves a query whose filter it no longer fits", async () => {
    const filter = { property: "Afloat", checkbox: { equals: true } };
    const query = () => notion.dataSources.query({ data_source_id: source, filter });
    assert.equal((await query()).results.length, 1);
    await notion.pages.update({ page_id: row.id, properties: { Afloat: { checkbox: false } } });
    assert.equal((await query()).results.length, 0);
  });

  await step("dataSources.update shows in the schema and in the rows", async () => {
    await notion.dataSources.update({
      data_source_id: source,
      properties: { Tons: { name: "Displacement" } },
    });
    const read = await notion.dataSources.retrieve({ data_source_id: source });
    assert.ok("Displacement" in read.properties);
    const [shown] = (await notion.dataSources.query({ data_source_id: source })).results;
    assert.equal(shown.properties.Displacement.number, 1210);
  });

  await step("a second data source can be created", async () => {
    const before = await notion.dataSources.retrieve({ data_source_id: source });
    const second = await notion.dataSources.create({
      parent: { type: "database_id", database_id: before.parent.database_id },
      title: text("Boats"),
      properties: { Name: { title: {} } },
    });
    assert.equal(second.object, "data_source");
  });
}

/** The 250 rows that were there before the SDK came. */
async function seededRows(notion, world) {
  const all = (args) => collectPaginatedAPI(notion.dataSources.query, { data_source_id: world.source, ...args });
  const names = async (args) => (await all(args)).map(titleOf);
  const ascending = [{ property: "Number", direction: "ascending" }];
  const byNumber = [...world.rows].sort((a, b) => a.number - b.number);
  const namesOf = (rows) => rows.map((row) => row.name);

  await step("250 rows come whole, each once", async () => {
    const got = await names({});
    assert.equal(got.length, 250);
    assert.deepEqual([...got].sort(), namesOf(world.rows).sort());
  });

  await step("250 rows come sorted, ascending and descending", async () => {
    assert.deepEqual(await names({ sorts: ascending }), namesOf(byNumber));
    const descending = [{ property: "Number", direction: "descending" }];
    assert.deepEqual(await names({ sorts: descending }), namesOf(byNumber).reverse());
  });

  await step("pages of 37 rows make the same whole", async () => {
    assert.deepEqual(await names({ sorts: ascending, page_size: 37 }), namesOf(byNumber));
  });

  await step("a filter and a sort together", async () => {
    const filter = { property: "Status", select: { equals: "Done" } };
    const want = byNumber.filter((row) => row.status === "Done");
    assert.ok(want.length > 80);
    assert.deepEqual(await names({ filter, sorts: ascending }), namesOf(want));
  });

  await step("a compound filter over several pages", async () => {
    const filter = {
      and: [
        { property: "Number", number: { greater_than: 49 } },
        { or: [{ property: "Open", checkbox: { equals: true } }, { property: "Status", select: { equals: "Done" } }] },
      ],
    };
    const want = byNumber.filter((row) => row.number > 49 && (row.open || row.status === "Done"));
    assert.ok(want.length > 100);
    assert.deepEqual(await names({ filter, sorts: ascending }), namesOf(want));
  });

  await step("a row updated in the middle shows on its page of the next query", async () => {
    assert.deepEqual(await names({ sorts: ascending, page_size: 100 }), namesOf(byNumber));
    const middle = byNumber[150];
    await notion.pages.update({ page_id: middle.id, properties: { Name: { title: text("Changed") } } });
    const want = byNumber.map((row) => (row === middle ? "Changed" : row.name));
    assert.deepEqual(await names({ sorts: ascending, page_size: 100 }), want);
  });
}
