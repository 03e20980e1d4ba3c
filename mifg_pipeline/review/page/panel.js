// What is asked and proposed, why the gates let it pass, and the fields that a person fills in.

import { changes } from "./changes.js";
import { element, key, visible } from "./dom.js";
import { LETTERS, answerText } from "./edits.js";

const DECISIONS = [
  ["accept", "Accept", "a"],
  ["reject", "Reject", "r"],
  ["edit", "Edit", "e"],
  ["flag", "Flag", "f"],
  ["skip", "Skip", "s"],
  ["undo", "Undo", "u"],
];

export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {{value: string, label: string}[]} reasons
   * @param {Record<string, Function>} does by the names of the decisions, and toggleReason, comment, jump, openEditor, take
   */
  constructor(root, reasons, does) {
    Object.assign(this, { root, reasons, does });
  }

  /** Shows a task; `form` is what is filled in so far. */
  show(task, form) {
    this.task = task;
    this.comment = element("textarea", {
      id: "comment", rows: "2", "aria-label": "Comment", placeholder: "Comment (c)", maxlength: "4000",
      input: () => this.does.comment(this.comment.value),
    });
    this.comment.value = form.comment;
    this.prompt = element("p", { class: "prompt", role: "status" });
    this.pending = element("div", { class: "pending" });
    this.root.replaceChildren(
      element("div", { class: "asked", tabindex: "0", role: "region", "aria-label": "Question" },
        tags(task),
        ...standing(task),
        question(task),
        ...answers(task),
        this.pending,
        ...adjudication(task, this.does),
        ...this.#evidence(task),
        ...gates(task)),
      element("div", { class: "filled" }, this.prompt, this.#reasonGrid(), this.comment, this.#decisions()),
    );
    this.update(form);
  }

  showNothing(text, ...actions) {
    this.task = null;
    this.root.replaceChildren(element(
      "div",
      { class: "nothing" },
      element("h2", {}, "Nothing left"),
      element("p", {}, text),
      ...actions,
    ));
  }

  /** Brings reasons, edits and the armed decision up to date. */
  update({ reasons, armed, edits }) {
    for (const button of this.root.querySelectorAll("[data-reason]")) {
      button.setAttribute("aria-pressed", String(reasons.includes(button.dataset.reason)));
    }
    for (const button of this.root.querySelectorAll("[data-decision]")) {
      button.classList.toggle("armed", button.dataset.decision === armed);
    }
    this.prompt.classList.toggle("armed", armed !== null);
    const verb = armed === "flag" ? "Flag" : "Reject";
    this.prompt.textContent = armed ? `${verb}: why? A number, or c to write.` : "Reasons to reject or flag";
    const shown = edits ? changes(this.task, edits) : [];
    this.pending.replaceChildren(...(shown.length ? [element("h3", {}, "Your edits, not sent yet"), ...shown] : []));
  }

  #reasonGrid() {
    const buttons = this.reasons.map(({ value, label }, place) =>
      element("button", {
        type: "button",
        "data-reason": value,
        "aria-pressed": "false",
        click: () => this.does.toggleReason(place),
      },
        key(String(place + 1)), label));
    return element("div", { class: "reasons", role: "group", "aria-label": "Reasons" }, ...buttons);
  }

  #decisions() {
    const buttons = DECISIONS.map(([name, label, letter]) =>
      element("button", {
        type: "button",
        class: `decision ${name}`,
        "data-decision": name,
        "aria-keyshortcuts": letter,
        click: () => this.does[name](),
      },
        label, key(letter)));
    return element("div", { class: "decisions", role: "group", "aria-label": "Decision" }, ...buttons);
  }

  #evidence({ evidence }) {
    const groups = [];
    for (const [place, { image, label }] of evidence.entries()) {
      const last = groups.at(-1);
      if (last?.image === image && last.label === label) last.places.push(place);
      else groups.push({ image, label, places: [place] });
    }
    const jumps = groups.map((group) => this.#jumps(group));
    return [element("h3", {}, "Evidence ", key("n"), " ", key("⇧1…9")), element("div", { class: "jumps" }, ...jumps)];
  }

  // One box is one button; many that are alike are a line of numbers.
  #jumps({ image, label, places }) {
    const [name, where] = [visible(label || "box"), element("small", {}, `Image ${image + 1}`)];
    const button = (place, kind, ...words) =>
      element("button", {
        type: "button",
        class: kind,
        click: () => this.does.jump(place),
        "aria-label": `Show evidence ${place + 1}: ${name} in Image ${image + 1}`,
      },
        element("b", {}, String(place + 1)), ...words);
    if (places.length === 1) return button(places[0], "jump", name, where);
    return element("p", {}, name, where, ...places.map((place) => button(place, "jump bare")));
  }
}

function tags({ difficulty, skills, people_first: isDoubtful }) {
  const tag = (text, kind) => element("span", { class: `tag ${kind}` }, visible(text));
  return element(
    "p",
    { class: "tags" },
    ...(isDoubtful ? [tag("in doubt", "doubt")] : []),
    tag(difficulty, ""),
    ...skills.map((skill) => tag(skill, "")),
  );
}

function standing({ mine }) {
  if (!mine) return [];
  const why = [...mine.reasons, mine.comment].filter(Boolean).map(visible).join(", ");
  return [element(
    "p",
    { class: "mine" },
    "You decided ",
    element("b", {}, mine.decision),
    why && `: ${why}`,
    ". Decide again to change it.",
  )];
}

function question(task) {
  return element("h2", { class: "question" }, visible(task.question));
}

function answers(task) {
  if (!task.options) return [element(
    "p",
    { class: "value" },
    element("span", { class: "key-name" }, "Key"),
    element("b", {}, visible(answerText(task))),
    ...tolerance(task.answer),
  )];
  const options = task.options.map((option, place) => {
    const isKey = LETTERS[place] === task.answer.value;
    return element(
      "li",
      { class: isKey ? "key" : null },
      element("b", {}, LETTERS[place]),
      element("span", {}, visible(option)),
      isKey ? element("span", { class: "key-name" }, "key ✓") : null,
    );
  });
  return [element("ol", { class: "options", "aria-label": "Options" }, ...options)];
}

function tolerance({ kind, tolerance: bounds, unit, aliases, ordered }) {
  const notes = [
    unit && `unit ${unit}`,
    bounds && `± ${bounds.absolute || `${100 * bounds.relative} %`}`,
    aliases?.length && `also ${aliases.join(", ")}`,
    kind === "list" && (ordered ? "in this order" : "in any order"),
  ].filter(Boolean);
  return notes.length ? [element("small", {}, visible(notes.join(" · ")))] : [];
}

function gates({ gates: results }) {
  const rows = results.flatMap(({ gate, passed, reason, figures }) => {
    const said = [
      reason,
      ...Object.entries(figures).map(([name, value]) => `${name} ${plain(value)}`),
    ].filter(Boolean).join(" · ");
    return [
      element("dt", { class: passed ? "passed" : "failed" }, visible(gate.replaceAll("_", " "))),
      element("dd", {}, visible(said)),
    ];
  });
  return [element(
    "details",
    { class: "gates" },
    element("summary", {}, `${results.filter(({ passed }) => passed).length} of ${results.length} gates passed`),
    element("dl", {}, ...rows),
  )];
}

function plain(value) {
  if (typeof value === "number") return String(Number(value.toPrecision(3)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

// Decisions of others that differ; only who settles such differences is shown them.
function adjudication(task, does) {
  const { adjudication: opinions } = task;
  if (!opinions?.length) return [];
  const cards = opinions.map((opinion) => {
    const hasEdits = opinion.decision === "edit";
    return element("section", { class: "opinion", "aria-label": `Decision of ${opinion.who}` },
      element("h4", {}, `${opinion.who} `, element("span", { class: `said ${opinion.decision}` }, opinion.decision)),
      element("p", {}, visible([...opinion.reasons, opinion.comment].filter(Boolean).join(", ")) || "no reason given"),
      ...(hasEdits ? changes(task, opinion.edits) : []),
      hasEdits ? element(
        "button",
        { type: "button", click: () => does.take(opinion.edits) },
        `Begin with ${opinion.who}’s edits`,
      ) : null,
    );
  });
  return [element(
    "div",
    { class: "opinions" },
    element("h3", {}, opinions.length > 1 ? "They disagree. You decide." : "You decide."),
    ...cards,
  )];
}
