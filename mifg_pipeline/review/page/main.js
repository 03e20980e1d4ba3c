// Ties the parts together: keys and buttons act on the review, the review shows itself in stage, panel and header.

import { showConflict, showHistory } from "./dialogs.js";
import { announce, byId, element } from "./dom.js";
import { Editor } from "./editor.js";
import { Header } from "./header.js";
import { fillHelp, listenToKeys } from "./keys.js";
import { Loupe } from "./loupe.js";
import { Bundle } from "./offline.js";
import { Panel } from "./panel.js";
import { Review } from "./review.js";
import { saveDecisions } from "./save.js";
import { Server } from "./server.js";
import { Stage } from "./stage.js";
import { switchTheme } from "./theme.js";

const ZOOM = 1.35;
const MOST_SPOKEN = 400; // characters of a question that are read out unasked

class Page {
  constructor(backend, session) {
    this.backend = backend;
    this.header = new Header(backend, session);
    this.stage = new Stage(byId("stage"), backend);
    this.loupe = new Loupe(this.stage);
    this.review = new Review(backend, session, this);
    const { review, stage } = this;
    const decide = (name) => () => review.decide(name);
    this.does = {
      accept: decide("accept"), reject: decide("reject"), flag: decide("flag"), skip: decide("skip"),
      edit: () => this.#toggleEditor(),
      undo: () => review.undo(),
      reason: (place) => this.#isJudging && review.toggleReason(place),
      comment: () => byId("comment")?.focus(),
      send: () => this.#send(),
      discard: () => this.#discard(),
      escape: (target) => this.#escape(target),
      nextEvidence: () => this.#moved(() => stage.jumpBy(1)),
      previousEvidence: () => this.#moved(() => stage.jumpBy(-1)),
      evidence: (place) => this.#moved(() => stage.jump(place)),
      zoomIn: () => this.#moved(() => stage.zoom(ZOOM)),
      zoomOut: () => this.#moved(() => stage.zoom(1 / ZOOM)),
      fit: () => this.#moved(() => stage.fit()),
      pan: (dx, dy) => (this.loupe.isOn ? this.loupe.move(dx, dy) : stage.pan(dx, dy)),
      loupe: () => this.loupe.toggle(),
      nextImage: () => this.#moved(() => stage.step(1)),
      previousImage: () => this.#moved(() => stage.step(-1)),
      solo: () => this.#moved(() => stage.toggleSolo()),
      link: () => stage.toggleLink(),
      boxes: () => stage.toggleBoxes(),
      history: () => this.#openHistory(),
      guideline: () => byId("guideline").click(),
      save: () => this.save(),
      theme: switchTheme,
      help: () => byId("help").showModal(),
    };
    this.panel = new Panel(byId("panel"), session.reasons, {
      ...this.does,
      toggleReason: (place) => review.toggleReason(place),
      comment: (comment) => review.change({ comment }),
      jump: this.does.evidence,
      take: (edits) => this.#takeEdits(edits),
    });
    const world = {
      check: (id, edits) => backend.check(id, edits),
      showEvidence: (boxes) => stage.showEvidence(boxes),
      drawWith: (receive) => stage.drawWith(receive),
    };
    this.editor = new Editor(byId("panel"), world, {
      changed: (edits) => review.change({ edits }),
      send: () => review.decide("edit"), close: () => this.#toggleEditor(), discard: () => this.#discard(),
    });
    stage.onPointer = (place) => this.loupe.follow(place);
    byId("open-history").addEventListener("click", this.does.history);
    byId("open-help").addEventListener("click", this.does.help);
    byId("switch-theme").addEventListener("click", switchTheme);
    byId("save").addEventListener("click", this.does.save);
  }

  // What the review calls.

  showTask(task, form) {
    document.body.classList.remove("done");
    this.editor.close();
    this.stage.show(task);
    this.loupe.recentre();
    if (form.isEditing) this.editor.open(task, form.edits);
    else this.panel.show(task, form);
    announce(`${task.images.length} images. ${task.question.slice(0, MOST_SPOKEN)}`);
  }

  showForm(task, form) {
    if (!form.isEditing) this.panel.update(form);
  }

  showNothing() {
    document.body.classList.add("done");
    this.editor.close();
    this.stage.clear();
    this.loupe.redraw();
    const [words, label, act] = this.backend.isOffline
      ? [
        "All items of this bundle are decided. Save your decisions, and give the file to whoever gave you the bundle.",
        "Save decisions",
        () => this.save(),
      ]
      : ["All items that are yours are decided, or others have them now.", "Look again", () => this.review.advance()];
    this.panel.showNothing(words, element("button", { type: "button", click: act }, label));
    this.header.showSaved();
  }

  showProgress(progress) {
    this.header.showProgress(progress);
  }

  showState(text, isBad = false) {
    this.header.showState(text, isBad);
  }

  warn(text) {
    this.#notice("", text);
  }

  clearWarning() {
    byId("notice").hidden = true;
  }

  showLost(problem) {
    const { review } = this;
    const { id } = review.task;
    const { form } = review;
    const again = element("button", { type: "button", click: () => review.visit(id, form) }, "Take it again");
    const next = element("button", { type: "button", click: () => review.advance() }, "Go on to the next");
    this.#notice("lost", `${problem} What you filled in is kept.`, again, next);
    again.focus();
  }

  showConflict(task, judgement, current, choices) {
    showConflict(byId("conflict"), task, judgement, current, choices);
  }

  prefetch(images) {
    this.stage.prefetch(images);
  }

  // What keys and buttons call.

  get #isJudging() {
    return !this.review.form.isEditing;
  }

  save() {
    if (!this.backend.isOffline) return;
    saveDecisions(this.backend, byId("annotator").textContent);
    this.header.showSaved();
  }

  #send() {
    const { armed, isEditing } = this.review.form;
    if (isEditing) this.review.decide("edit");
    else if (armed) this.review.decide(armed);
  }

  #toggleEditor() {
    const { review } = this;
    if (!review.task) return;
    if (review.form.isEditing) {
      this.editor.close();
      review.form.isEditing = false;
      this.panel.show(review.task, review.form);
      this.stage.showEvidence(review.form.edits?.evidence ?? review.task.evidence);
      review.change({});
      this.panel.root.querySelector("[data-decision=edit]").focus();
    } else {
      review.change({ isEditing: true, armed: null });
      this.editor.open(review.task, review.form.edits);
    }
  }

  #takeEdits(edits) {
    this.review.change({ edits, isEditing: true });
    this.editor.open(this.review.task, edits);
  }

  #discard() {
    const { review } = this;
    if (!review.form.edits) return;
    review.change({ edits: null, isEditing: true });
    this.editor.close();
    review.form.isEditing = false;
    this.panel.show(review.task, review.form);
    this.stage.showEvidence(review.task.evidence);
    review.change({});
    announce("Edits discarded");
  }

  // One step back: out of a field, the drawing of a box, the editor, the loupe; else what is filled in is cleared.
  #escape(target) {
    const { review } = this;
    if (this.stage.isDrawing) this.stage.drawWith(null);
    else if (review.form.isEditing) this.#toggleEditor();
    else if (target.matches("textarea")) target.blur();
    else if (this.loupe.isOn) this.loupe.toggle();
    else if (review.task) review.change({ reasons: [], armed: null });
    this.clearWarning();
  }

  async #openHistory() {
    const rows = await this.backend.history();
    showHistory(byId("history"), rows, (id) => this.review.visit(id));
  }

  #moved(move) {
    move();
    this.loupe.recentre();
  }

  #notice(kind, text, ...actions) {
    const notice = byId("notice");
    notice.className = kind;
    notice.replaceChildren(element("span", {}, text), ...actions);
    notice.hidden = false;
  }
}

async function start() {
  const embedded = byId("bundle");
  const backend = embedded ? new Bundle(JSON.parse(embedded.textContent)) : new Server();
  try {
    const page = new Page(backend, await backend.session());
    fillHelp(byId("help"));
    listenToKeys(page.does);
    await page.review.begin();
  } catch (error) {
    byId("panel").replaceChildren(element(
      "div",
      { class: "nothing" },
      element("h2", {}, error.problem ?? "The page could not start."),
      element("p", {}, error.remedy ?? error.message),
    ));
    throw error;
  }
}

await start();
