// The course of a review: open an item, keep its draft and its lease, send the decision, go on, take back.

import { announce, settled } from "./dom.js";
import { NO_EDITS, isChanged } from "./edits.js";
import { Lease } from "./lease.js";
import { Refused } from "./refused.js";
import { Stopwatch } from "./stopwatch.js";

const DRAFT_AFTER = 400;
const LONGEST_WAIT = 5;
const PAST = { accept: "Accepted", reject: "Rejected", edit: "Edited", flag: "Flagged", skip: "Skipped" };

const UNSENT = "You have edits that are not sent. Send them (e, then Ctrl Enter), or discard them (d).";
const UNFIT = "Reasons are chosen, and an accept takes none. Clear them with Escape, or reject with r.";

const emptyForm = () => ({ reasons: [], comment: "", edits: null, armed: null, isEditing: false });

export class Review {
  task = null;
  form = emptyForm();
  #isBusy = false;
  #sent = new Map();
  #watch = new Stopwatch();
  #storing = Promise.resolve();
  #saveDraft = settled(DRAFT_AFTER, () => {
    this.#storing = this.#storeDraft();
    return this.#storing;
  });

  /**
   * @param {object} backend see `server.js`
   * @param {object} ui showTask, showForm, showNothing, showProgress, showState, warn, clearWarning, showConflict, showLost
   */
  constructor(backend, session, ui) {
    Object.assign(this, { backend, session, ui });
    this.lease = new Lease(backend, session.lease_seconds, (problem) => ui.showLost(problem));
    addEventListener("pagehide", () => this.#saveDraft.flush());
  }

  /** Opens the item of the address, or else the next one. */
  async begin() {
    this.ui.showProgress(await this.#steadily(() => this.backend.progress()));
    const id = new URLSearchParams(location.hash.slice(1)).get("item");
    await (id ? this.visit(id) : this.advance());
  }

  /** Goes on to the next item. */
  async advance() {
    await this.#alone(() => this.#advance());
  }

  /** Opens one item; where it is not to be had, says so and goes on to the next. */
  async visit(id, form = null) {
    await this.#alone(async () => {
      await this.#leave(id);
      try {
        this.#open(await this.#steadily(() => this.backend.item(id)), form);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        await this.#advance();
        this.ui.warn(`${error.problem} This is the next one.`);
      }
    });
  }

  /** Sends a decision and goes on; what it lacks is asked for. */
  async decide(decision) {
    if (!this.task || this.#isBusy) return;
    if (this.lease.isLost) return this.ui.showLost("The item is not yours now.");
    const lack = this.#lack(decision);
    if (lack === "reason") return this.#arm(decision);
    if (lack) return this.ui.warn(lack);
    await this.#alone(() => this.#send(this.task, this.#judgement(decision)));
  }

  /** Takes back the last decision, of whichever item, and opens that item with what was filled in. */
  async undo() {
    let undone = null;
    await this.#alone(async () => {
      undone = await this.#steadily(() => this.backend.undo());
    });
    if (!undone) return announce("Nothing to take back");
    const { item_id: id } = undone;
    const sent = this.#sent.get(id);
    const edits = sent && isChanged(sent.edits) ? sent.edits : null;
    await this.visit(id, sent && { ...emptyForm(), reasons: sent.reasons, comment: sent.comment, edits });
    this.ui.warn(`Taken back${sent ? `: ${PAST[sent.decision].toLowerCase()}` : ""}. Decide again, or go on with s.`);
    this.ui.showProgress(await this.#steadily(() => this.backend.progress()));
  }

  toggleReason(place) {
    const reason = this.session.reasons[place]?.value;
    if (!this.task || !reason) return undefined;
    const { reasons, armed } = this.form;
    const chosen = reasons.includes(reason) ? reasons.filter((other) => other !== reason) : [...reasons, reason];
    this.change({ reasons: chosen });
    return armed && chosen.length ? this.decide(armed) : undefined;
  }

  /** Notes what was filled in, and keeps it as a draft. */
  change(changed) {
    Object.assign(this.form, changed);
    this.ui.showForm(this.task, this.form);
    this.#saveDraft();
  }

  #arm(decision) {
    this.change({ armed: this.form.armed === decision ? null : decision });
    if (this.form.armed) announce("Why? Press a number, or c to write a comment.");
  }

  #lack(decision) {
    const { reasons, comment, edits } = this.form;
    if (decision === "edit") return edits ? null : "Nothing is edited yet.";
    if (edits && decision !== "skip") return UNSENT;
    if (decision === "accept" && reasons.length) return UNFIT;
    return ["reject", "flag"].includes(decision) && !reasons.length && !comment.trim() ? "reason" : null;
  }

  #judgement(decision) {
    const { reasons, comment, edits } = this.form;
    const { digest, previous } = this.task;
    return {
      digest,
      previous,
      decision,
      reasons,
      edits: decision === "edit" ? edits : NO_EDITS,
      comment,
      seconds: this.#watch.read(),
    };
  }

  async #send(task, judgement) {
    this.#saveDraft.cancel();
    await this.#storing; // a draft that arrives after its decision would come back with the item
    try {
      const { progress } = await this.#steadily(() => this.backend.decide(task.id, judgement));
      this.#sent.set(task.id, judgement);
      this.lease.end();
      this.ui.showProgress(progress);
      await this.#advance();
      announce(`${PAST[judgement.decision]}. ${this.task ? "Next item." : ""}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#saveDraft();
      if (error.isStale) this.#resolve(task, judgement, error.body.current);
      else if (error.isLost || error.status === 404) this.lease.lose(error.problem);
      else this.ui.warn(`${error.problem} ${error.remedy}`);
    }
  }

  // The item, or this annotator's decision on it, is another one by now: both versions are shown, and a person chooses.
  #resolve(task, judgement, current) {
    const { reasons, comment, edits } = this.form;
    this.ui.showConflict(task, judgement, current, {
      send: () => {
        this.#open(current, { ...emptyForm(), reasons, comment, edits });
        return this.decide(judgement.decision);
      },
      look: () => this.#open(current, emptyForm()),
    });
  }

  async #advance() {
    this.#saveDraft.flush();
    const task = await this.#steadily(() => this.backend.next());
    if (task) return this.#open(task);
    this.task = null;
    this.lease.end();
    history.replaceState(null, "", location.pathname);
    return this.ui.showNothing();
  }

  #open(task, form = null) {
    this.task = task;
    this.form = { ...emptyForm(), ...(form ?? task.draft?.form) };
    this.#watch.start(task.draft?.seconds);
    history.replaceState(null, "", `#item=${encodeURIComponent(task.id)}`);
    this.ui.clearWarning();
    this.ui.showTask(task, this.form);
    this.lease.begin(task.id, task.expires_in);
    this.#prefetch();
  }

  async #prefetch() {
    // It only saves time, and what is wrong the next request tells.
    const upcoming = await this.backend.upcoming().catch(() => []);
    for (const { id, images } of upcoming) if (id !== this.task?.id) this.ui.prefetch(images);
  }

  // Another item is wanted: what is filled in stays as a draft, and others may have the item.
  async #leave(wanted) {
    if (!this.task || this.task.id === wanted) return;
    await this.#saveDraft.flush();
    this.lease.end();
    await this.backend.release(this.task.id).catch(() => {}); // a lease that cannot be given back ends by itself
  }

  async #storeDraft() {
    if (!this.task) return;
    const { id } = this.task;
    const { form } = this;
    const isEmpty = JSON.stringify({ ...form, armed: null }) === JSON.stringify(emptyForm());
    try {
      if (isEmpty) await this.backend.dropDraft(id);
      else await this.backend.saveDraft(id, { form, seconds: this.#watch.read() });
      this.ui.showState(isEmpty ? "" : "draft kept");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.ui.showState("draft not kept");
      if (error.status === 0 && this.task?.id === id) this.#saveDraft();
    }
  }

  // One thing at a time: a key that is pressed while a decision travels must not decide on an item nobody has seen.
  async #alone(work) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.ui.warn(`${error.problem} ${error.remedy}`);
    } finally {
      this.#isBusy = false;
    }
  }

  // Asks again while nothing answers. A decision that arrives twice is one decision, so this loses and doubles nothing.
  async #steadily(ask) {
    for (let seconds = 0.5; ; seconds = Math.min(LONGEST_WAIT, 2 * seconds)) {
      try {
        const answer = await ask();
        this.ui.showState("");
        return answer;
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 0) throw error;
        this.ui.showState("no connection; trying again", true);
        await new Promise((done) => setTimeout(done, 1000 * seconds));
      }
    }
  }
}
