// What the scripts have in common: a Notion client that writes down what it
// gets, and steps that are reported one JSON line each.

import { Client } from "@notionhq/client";

/**
 * Makes a client, and the list of the answers that it gets. A retried call has
 * several answers.
 */
export function recordingClient(options, headers = {}) {
  const answers = [];
  const record = async (url, init) => {
    const answer = await fetch(url, { ...init, headers: { ...init.headers, ...headers } });
    if (answer.headers.get("content-type")?.startsWith("text/event-stream")) {
      answers.push({ status: answer.status, headers: Object.fromEntries(answer.headers) });
      return answer; // whose body must not be waited for
    }
    const body = await answer.text();
    answers.push({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
  const silent = () => {};
  return { notion: new Client({ ...options, fetch: record, logger: silent }), answers };
}

let steps = 0;

/** Runs one step and reports it. A step that fails does not end the script. */
export async function step(name, run) {
  steps++;
  try {
    await run();
    report({ step: name, ok: true });
  } catch (error) {
    report({ step: name, ok: false, why: String(error?.stack ?? error) });
  }
}

/** Says that the script came to its end, so that one cut short shows, and ends it whatever still hangs. */
export function finish() {
  process.stdout.write(JSON.stringify({ done: steps }) + "\n", () => process.exit());
}

export function report(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

/** Rich text of one plain piece. */
export function text(content) {
  return [{ text: { content } }];
}

/** The plain text of rich text. */
export function plain(richText) {
  return richText.map((piece) => piece.plain_text).join("");
}

/** The plain title of a page. */
export function titleOf(page) {
  const title = Object.values(page.properties).find((property) => property.type === "title");
  return plain(title.title);
}
