// The review without a server: items embedded in the page, decisions in the browser's storage until they are saved.

import { NO_EDITS, answerText, editsOf, fieldsOf, isChanged } from "./edits.js";
import { Refused } from "./refused.js";
import { validate } from "./validate.js";

const UNFILLED = Object.freeze({ decision: null, reasons: [], edits: NO_EDITS, comment: "", seconds: null });

export class Bundle {
  isOffline = true;
  guideline = "guideline.html";
  #content;
  #tasks;
  #name;

  /** @param {{id, annotator, run, reasons, tasks: object[], lines: object[]}} content as `mifg review pack` embedded it */
  constructor(content) {
    this.#content = content;
    this.#tasks = new Map(content.tasks.map((task) => [task.id, task]));
    this.#name = `mifg-review/${content.id}`;
  }

  async session() {
    const { annotator, run, reasons } = this.#content;
    return { annotator, run, reasons, lease_seconds: null, can_adjudicate: false };
  }

  async next() {
    const { events } = this.#state();
    const open = [...this.#tasks.keys()].filter((id) => !this.#counting(events).has(id));
    const skipped = [...this.#tasks.keys()].filter((id) => this.#counting(events).get(id)?.decision === "skip");
    const id = open[0] ?? skipped.toSorted((a, b) => lastPlace(events, a) - lastPlace(events, b))[0];
    return id === undefined ? null : this.item(id);
  }

  async item(id) {
    const task = this.#tasks.get(id);
    if (!task) throw new Refused(404, "This bundle has no such item.", "Go on with the next one.");
    const state = this.#state();
    const mine = this.#counting(state.events).get(id) ?? null;
    return { ...structuredClone(task), previous: null, mine, draft: state.drafts[id] ?? null, expires_in: null };
  }

  async upcoming() {
    const counting = this.#counting(this.#state().events);
    const open = this.#content.tasks.filter(({ id }) => !counting.has(id));
    return open.slice(1, 2).map(({ id, images }) => ({ id, images }));
  }

  async progress() {
    const { events } = this.#state();
    const decided = [...this.#counting(events).values()].filter(({ decision }) => decision !== "skip");
    const seconds = decided.map((event) => event.seconds).filter((value) => value !== null).sort((a, b) => a - b);
    const recent = decided.slice(-20).map((event) => event.seconds).filter((value) => value > 0);
    const today = new Date().toDateString();
    return {
      decided: decided.length,
      open: this.#tasks.size - decided.length,
      decided_today: decided.filter(({ time }) => new Date(time).toDateString() === today).length,
      median_seconds: seconds.length ? seconds[Math.floor(seconds.length / 2)] : null,
      pace: recent.length ? (3600 * recent.length) / recent.reduce((sum, value) => sum + value, 0) : null,
    };
  }

  async history() {
    const { events } = this.#state();
    const rows = events.map((event) => ({ ...event, question: this.#tasks.get(event.item_id).question }));
    return rows.reverse().slice(0, 50);
  }

  async undo() {
    const state = this.#state();
    const counting = this.#counting(state.events);
    const last = state.events.findLast(({ item_id: id, decision }) => decision !== "undo" && counting.has(id));
    if (!last) return null;
    state.events.push({ item_id: last.item_id, decision: "undo", reasons: [], time: new Date().toISOString() });
    this.#keep(state);
    return { item_id: last.item_id };
  }

  keep = async () => null;
  release = async () => null;

  async decide(id, { decision, reasons, edits, comment, seconds }) {
    if (decision === "edit") await this.check(id, edits);
    const state = this.#state();
    state.events.push({ item_id: id, decision, reasons, edits, comment, seconds, time: new Date().toISOString() });
    delete state.drafts[id];
    this.#keep(state);
    return { progress: await this.progress() };
  }

  async check(id, edits) {
    const task = this.#tasks.get(id);
    const fields = fieldsOf(task, edits);
    const problem = validate(fields, task.images);
    if (problem) throw new Refused(422, problem, "Mend the edits.");
    return { answer_text: answerText(fields), digest: null, changed: isChanged(editsOf(task, fields)) };
  }

  async saveDraft(id, draft) {
    const state = this.#state();
    state.drafts[id] = draft;
    this.#keep(state);
  }

  async dropDraft(id) {
    const state = this.#state();
    delete state.drafts[id];
    this.#keep(state);
  }

  picture = (image) => image.src;

  nativePart = (image) => ({ url: image.src, left: 0, top: 0 });

  /** How many decisions no saved file holds. */
  get unsaved() {
    const { events, saved } = this.#state();
    return events.length - saved;
  }

  /** The review lines of what was decided or taken back: JSONL for `mifg review submit`. */
  lines() {
    const { events } = this.#state();
    const latest = new Map(events.map((event) => [event.item_id, event]));
    const filled = this.#content.lines.filter(({ id }) => latest.has(id)).map((line) => ({
      ...line,
      ...filledIn(latest.get(line.id)),
    }));
    return filled.map((line) => `${JSON.stringify(line)}\n`).join("");
  }

  /** Notes that a file with all decisions so far was saved. */
  noteSaved() {
    const state = this.#state();
    this.#keep({ ...state, saved: state.events.length });
  }

  // The latest event of each item that is not taken back, in the order in which they came.
  #counting(events) {
    const counting = new Map();
    for (const event of events) {
      counting.delete(event.item_id);
      if (event.decision !== "undo") counting.set(event.item_id, event);
    }
    return counting;
  }

  #state() {
    return JSON.parse(localStorage.getItem(this.#name)) ?? { events: [], drafts: {}, saved: 0 };
  }

  #keep(state) {
    try {
      localStorage.setItem(this.#name, JSON.stringify(state));
    } catch {
      throw new Refused(
        507,
        "The browser's storage is full or blocked.",
        "Save your decisions now, and allow this page to store data.",
      );
    }
  }
}

const lastPlace = (events, id) => events.findLastIndex((event) => event.item_id === id);

function filledIn(event) {
  return Object.fromEntries(Object.entries(UNFILLED).map(([name, empty]) => [name, event[name] ?? empty]));
}
