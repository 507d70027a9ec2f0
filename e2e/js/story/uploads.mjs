import assert from "node:assert/strict";

import { step } from "../steps.mjs";

const part = 5 << 20; // bytes: the smallest that Notion takes, but for the last

export default async function uploads(notion, world) {
  let file;

  await step("a file is uploaded in one part", async () => {
    const made = await notion.fileUploads.create({ filename: "note.txt", content_type: "text/plain" });
    assert.equal(made.status, "pending");
    file = await notion.fileUploads.send({
      file_upload_id: made.id,
      file: { filename: "note.txt", data: new Blob(["Hello, harbour."], { type: "text/plain" }) },
    });
    assert.equal(file.status, "uploaded");
    assert.equal(file.content_length, "Hello, harbour.".length);
  });

  await step("fileUploads.retrieve never brings an old status", async () => {
    const made = await notion.fileUploads.create({ filename: "two.txt", content_type: "text/plain" });
    const status = async () => (await notion.fileUploads.retrieve({ file_upload_id: made.id })).status;
    assert.equal(await status(), "pending");
    await notion.fileUploads.send({ file_upload_id: made.id, file: { filename: "two.txt", data: new Blob(["2"]) } });
    assert.equal(await status(), "uploaded");
  });

  await step("it is attached to a page as a block", async () => {
    const answer = await notion.blocks.children.append({
      block_id: world.page,
      children: [{ type: "file", file: { type: "file_upload", file_upload: { id: file.id } } }],
    });
    const read = await notion.blocks.retrieve({ block_id: answer.results[0].id });
    assert.match(read.file.file.url, /note\.txt\?.*X-Amz-Signature=/);
  });

  await step("a file of 11 MiB is uploaded in three parts", async () => {
    const sizes = [part, part, 1 << 20];
    const made = await notion.fileUploads.create({
      mode: "multi_part",
      number_of_parts: sizes.length,
      filename: "big.bin",
      content_type: "application/octet-stream",
    });
    await Promise.all(
      sizes.map((size, i) =>
        notion.fileUploads.send({
          file_upload_id: made.id,
          part_number: String(i + 1),
          file: { filename: "big.bin", data: new Blob([new Uint8Array(size).fill(i)]) },
        }),
      ),
    );
    const whole = await notion.fileUploads.complete({ file_upload_id: made.id });
    assert.equal(whole.status, "uploaded");
    assert.equal(whole.content_length, 11 << 20);
  });

  await step("fileUploads.list knows all of them", async () => {
    const list = await notion.fileUploads.list({ status: "uploaded" });
    assert.equal(list.results.length, 3);
  });
}
