// Edit mode: the item's fields as a form, with a diff of what is changed and the word of the checks on it.

import { changes } from "./changes.js";
import { announce, element, key, settled } from "./dom.js";
import { LETTERS, editsOf, fieldsOf, isChanged } from "./edits.js";
import { evidenceRows } from "./evidence_fields.js";
import { keyFields } from "./key_fields.js";
import { Refused } from "./refused.js";

const CHECK_AFTER = 250;

export class Editor {
  /**
   * @param {HTMLElement} root
   * @param {{check: Function, showEvidence: Function, drawWith: Function}} world
   * @param {{changed: Function, send: Function, close: Function, discard: Function}} does
   */
  constructor(root, world, does) {
    Object.assign(this, { root, world, does });
    this.check = settled(CHECK_AFTER, () => this.#check());
  }

  /** Opens the form on a task with the edits made so far. */
  open(task, edits) {
    this.task = task;
    this.fields = fieldsOf(task, edits ?? undefined);
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.diff = element("div", { class: "diffs", "aria-label": "Changes" });
    this.form = element("form", { class: "fields", submit: (event) => event.preventDefault() });
    this.send = element(
      "button",
      { type: "button", class: "decision edit", click: () => this.does.send() },
      "Send ",
      key("Ctrl ⏎"),
    );
    const close = element("button", { type: "button", click: () => this.does.close() }, "Close ", key("Esc"));
    const discard = element("button", { type: "button", click: () => this.does.discard() }, "Discard");
    this.root.replaceChildren(
      element("h2", { class: "editing" }, "Edit"),
      element("div", { class: "scrolls" }, this.form),
      element(
        "div",
        { class: "filled" },
        this.diff,
        this.verdict,
        element("div", { class: "buttons" }, this.send, close, discard),
      ),
    );
    this.#build();
    this.#changed();
    this.root.querySelector("textarea").focus();
  }

  /** Ends drawing; the fields stay as they were last told by `changed`. */
  close() {
    this.check.cancel();
    this.world.drawWith(null);
    this.task = null;
  }

  get edits() {
    return editsOf(this.task, this.fields);
  }

  #build() {
    const { fields, task } = this;
    const asked = element("textarea", { rows: "4", id: "edit-question", input: () => this.#set({ question: asked.value }) });
    asked.value = fields.question;
    this.form.replaceChildren(
      element("label", { for: "edit-question" }, "Question"),
      asked,
      ...(fields.options ? this.#options() : keyFields(fields.answer, (answer) => this.#set({ answer }))),
      ...evidenceRows(
        fields.evidence,
        task.images,
        (evidence) => this.#rebuild({ evidence }),
        (evidence) => this.#set({ evidence }),
        (receive) => this.#draw(receive),
      ),
    );
  }

  #options() {
    const { options, answer } = this.fields;
    const rows = options.map((option, place) => {
      const letter = LETTERS[place];
      const radio = element(
        "input",
        {
          type: "radio",
          name: "key",
          "aria-label": `${letter} is the key`,
          change: () => this.#set({ answer: { ...answer, value: letter } }),
        },
      );
      radio.checked = answer.value === letter;
      const text = element(
        "input",
        {
          type: "text",
          "aria-label": `Option ${letter}`,
          input: () => this.#set({ options: this.fields.options.with(place, text.value) }),
        },
      );
      text.value = option;
      const remove = element(
        "button",
        {
          type: "button",
          class: "small",
          "aria-label": `Remove option ${letter}`,
          disabled: options.length <= 2,
          click: () => this.#removeOption(place),
        },
        "✕",
      );
      return element("div", { class: "option-row" }, radio, element("b", {}, letter), text, remove);
    });
    const add = element(
      "button",
      {
        type: "button",
        class: "small",
        disabled: options.length >= LETTERS.length,
        click: () => this.#rebuild({ options: [...options, ""] }),
      },
      "Add option",
    );
    return [element("fieldset", {}, element("legend", {}, "Options, and which is the key"), ...rows, add)];
  }

  // The key stays with its option; where that one goes, the first becomes the key and the diff shows it.
  #removeOption(place) {
    const { options, answer } = this.fields;
    const keyed = LETTERS.indexOf(answer.value);
    const moved = keyed === place ? 0 : keyed > place ? keyed - 1 : keyed;
    this.#rebuild({ options: options.toSpliced(place, 1), answer: { ...answer, value: LETTERS[moved] } });
  }

  #draw(receive) {
    this.world.drawWith((image, bbox) => {
      this.world.drawWith(null);
      receive(image, bbox);
    });
    announce("Draw the box with the pointer");
  }

  #rebuild(changed) {
    Object.assign(this.fields, changed);
    this.#build();
    this.#changed();
  }

  #set(changed) {
    Object.assign(this.fields, changed);
    this.#changed();
  }

  #changed() {
    const { edits } = this;
    this.diff.replaceChildren(...changes(this.task, edits));
    this.world.showEvidence(this.fields.evidence);
    this.send.disabled = !isChanged(edits);
    this.#say("", isChanged(edits) ? "Checking …" : "Nothing is changed yet.");
    if (isChanged(edits)) this.check();
    else this.check.cancel();
    this.does.changed(isChanged(edits) ? edits : null);
  }

  async #check() {
    const { task, edits } = this;
    const asked = JSON.stringify(edits);
    const isCurrent = () => this.task === task && JSON.stringify(this.edits) === asked;
    try {
      const { answer_text: text } = await this.world.check(task.id, edits);
      if (isCurrent()) this.#say("good", `Valid. The key reads “${text}”.`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (isCurrent()) this.#say("bad", `${error.problem} ${error.remedy}`);
    }
  }

  #say(kind, text) {
    this.verdict.className = `verdict ${kind}`;
    this.verdict.textContent = text;
  }
}
