// Talks to the review server. `offline.js` is the same interface without one.

import { Refused } from "./refused.js";

const TILE = 512;
const MOST_KEPT_ALIVE = 16_000; // characters that fit into what browsers still send for a page that is being left

export class Server {
  isOffline = false;
  guideline = "guideline";
  #csrf = "";

  /** Who reviews what: `{annotator, run, reasons: [{value, label}], lease_seconds, can_adjudicate}`. */
  async session() {
    const session = await this.#ask("GET", "session");
    this.#csrf = session.csrf;
    return session;
  }

  /** The next item, leased to this annotator; null if nothing is left. */
  next = () => this.#ask("POST", "next", {});
  item = (id) => this.#ask("GET", `items/${id}`);
  upcoming = () => this.#ask("GET", "upcoming?count=1");
  progress = () => this.#ask("GET", "progress");
  history = () => this.#ask("GET", "history?limit=50");

  /** Takes back the last decision that counts: `{item_id}`, or null if there is none. */
  undo = () => this.#ask("POST", "undo", {});

  /** Keeps the lease alive; seconds until it ends. */
  keep = async (id) => (await this.#ask("POST", `items/${id}/lease`, {})).expires_in;
  release = (id) => this.#ask("DELETE", `items/${id}/lease`);

  decide = (id, judgement) => this.#ask("POST", `items/${id}/decision`, judgement);

  /** Whether the edits make a valid item: `{answer_text, digest, changed}`, else throws what is wrong. */
  check = (id, edits) => this.#ask("POST", `items/${id}/check`, { edits });
  saveDraft = (id, draft) => this.#ask("PUT", `items/${id}/draft`, draft);
  dropDraft = (id) => this.#ask("DELETE", `items/${id}/draft`);

  picture = (image, side) => `images/${image.sha256}?side=${side}`;

  /** The native pixels around a place: the URL of a part of the image, and where that part lies in it. */
  nativePart(image, x, y) {
    const [left, top] = [x, y].map((value) => Math.floor(value / TILE) * TILE);
    const url = `images/${image.sha256}/tile?x=${left}&y=${top}&side=${TILE}&pixels=${TILE}`;
    return { url, left, top };
  }

  async #ask(method, path, content) {
    const headers = method === "GET" ? {} : { "X-MIFG-CSRF": this.#csrf, "Content-Type": "application/json" };
    const body = content === undefined ? undefined : JSON.stringify(content);
    let reply;
    try {
      reply = await fetch(`api/${path}`, { method, headers, body, keepalive: (body?.length ?? 0) < MOST_KEPT_ALIVE });
    } catch {
      throw new Refused(0, "The server does not answer.", "Nothing is lost: this page tries again until it does.");
    }
    if (reply.status === 204) return null;
    const answer = await reply.json().catch(() => ({}));
    if (reply.ok) return answer;
    const { problem, remedy } = answer.error ?? {};
    throw new Refused(reply.status, problem ?? `The server answered ${reply.status}.`, remedy ?? "Reload the page.", answer);
  }
}
