import assert from "node:assert/strict";

import { APIErrorCode, APIResponseError, Client, isNotionClientError } from "@notionhq/client";

import { step, text } from "../steps.mjs";

const missing = "00000000-0000-4000-8000-000000000000";

/** Every error that the SDK knows: first scripted ones, then some of Notion's own. */
export default async function errors(world) {
  const client = (token) =>
    new Client({ auth: token, baseUrl: world.baseUrl, notionVersion: world.version, retry: false, logger: () => {} });

  await step("every code that the SDK knows is tried", () => {
    const tried = new Set(world.errors.map((each) => each.code));
    assert.deepEqual([...tried].sort(), Object.values(APIErrorCode).sort());
  });

  for (const { code, status, read, write } of world.errors) {
    await step(`${code} of a read arrives as its typed error`, async () => {
      const call = client(read).pages.retrieve({ page_id: world.page });
      const error = await refused(call, code, status);
      assert.equal(error.message, `Scripted ${code}.`);
    });
    await step(`${code} of a write arrives as its typed error`, async () => {
      const properties = { title: { title: text("Never") } };
      const error = await refused(client(write).pages.update({ page_id: world.page, properties }), code, status);
      assert.equal(error.message, `Scripted ${code}.`);
    });
  }

  const notion = client(world.token);
  const own = [
    ["unauthorized", 401, () => client("ntn_nobody").users.me({})],
    ["restricted_resource", 403, () => client(world.mute).comments.list({ block_id: world.page })],
    ["object_not_found", 404, () => notion.pages.retrieve({ page_id: missing })],
    ["validation_error", 400, () => notion.dataSources.query({ data_source_id: world.source, page_size: 101 })],
    ["validation_error", 400, () => notion.users.list({ start_cursor: "nonsense" })],
    ["invalid_request_url", 400, () => notion.request({ path: "nothing/here", method: "get" })],
    ["invalid_beta", 400, () => notion.request({ path: "users", method: "get", headers: { "Notion-Beta": "x" } })],
  ];
  for (const [code, status, call] of own) {
    await step(`Notion's own ${code} arrives: ${call.toString().slice("() => ".length)}`, async () => {
      await refused(call(), code, status);
    });
  }
}

/** Waits for the typed error that a call ends in. */
async function refused(call, code, status) {
  const error = await call.then(
    () => assert.fail("answered"),
    (error) => error,
  );
  assert.ok(isNotionClientError(error), String(error?.stack ?? error));
  assert.ok(APIResponseError.isAPIResponseError(error), `${error.name} ${error.code}: ${error.message}`);
  assert.equal(error.code, code);
  assert.equal(error.status, status);
  assert.match(error.request_id, /\S/);
  return error;
}
