// What opens above the page: the history, and two versions side by side when the item changed meanwhile.

import { changes } from "./changes.js";
import { wordDiff } from "./diff.js";
import { element, key, visible } from "./dom.js";
import { answerText, regionText } from "./edits.js";

const closing = (label) => element("form", { method: "dialog" }, element("button", {}, label, " ", key("Esc")));

/** Lists decisions, newest first; arrows move, Enter calls `open` with the item's id. */
export function showHistory(dialog, rows, open) {
  const buttons = rows.map((row) => historyRow(row, () => {
    dialog.close();
    open(row.item_id);
  }));
  const list = element("div", { class: "history", keydown: (event) => moveFocus(event, buttons) }, ...buttons);
  dialog.replaceChildren(
    element("h2", { id: "history-title" }, "What you decided"),
    rows.length ? list : element("p", {}, "Nothing yet."),
    closing("Close"),
  );
  dialog.showModal();
  buttons[0]?.focus();
}

function historyRow({ decision, reasons, time, question }, open) {
  const at = new Date(time);
  const isToday = at.toDateString() === new Date().toDateString();
  const shown = isToday ? at.toLocaleTimeString(
    [],
    { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  ) : at.toLocaleDateString();
  return element("button", { type: "button", class: "past", click: open },
    element("time", { datetime: time }, shown),
    element("span", { class: `said ${decision}` }, decision),
    element("span", { class: "asked-then" }, visible(question ?? "")),
    element("small", {}, visible(reasons.join(", "))));
}

function moveFocus(event, buttons) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  buttons[buttons.indexOf(document.activeElement) + by]?.focus();
}

/**
 * Shows the item that was judged beside the item as it is now, and both decisions.
 *
 * @param {HTMLDialogElement} dialog
 * @param {object} task as it was when it was judged
 * @param {object} judgement that was refused
 * @param {object} current the task as it is now
 * @param {{send: Function, look: Function}} choices send the judgement for the current item, or look at that first
 */
export function showConflict(dialog, task, judgement, current, choices) {
  const choose = (choice) => () => {
    dialog.close();
    choice();
  };
  const isSameItem = task.digest === current.digest;
  const why = isSameItem ? "You decided on this item elsewhere meanwhile." : "The item was changed while you looked at it.";
  const look = element(
    "button",
    { type: "button", autofocus: true, click: choose(choices.look) },
    "Look at it as it is now",
  );
  const send = element("button", { type: "button", click: choose(choices.send) }, "Send mine all the same");
  dialog.replaceChildren(
    element("h2", { id: "conflict-title" }, "Your decision was not stored"),
    element("p", {}, why),
    element("div", { class: "versions" },
      version("What you judged", task, current, "gone", judgement),
      version("As it is now", current, task, "new", current.mine)),
    element("div", { class: "buttons" }, look, send),
  );
  dialog.oncancel = choices.look;
  dialog.showModal();
}

function version(title, task, other, kind, decided) {
  return element("section", { class: "version" },
    element("h3", {}, title),
    element("p", { class: "question" }, ...marked(task.question, other.question, kind)),
    element("p", {}, "Key: ", ...marked(answerText(task), answerText(other), kind)),
    element("ul", {}, ...task.evidence.map((region) => evidenceLine(region, other, kind))),
    element("p", { class: "mine" }, "Decision: ", element("b", {}, decided?.decision ?? "none"), visible(saying(decided))),
    ...(decided?.decision === "edit" ? changes(task, decided.edits) : []),
  );
}

function evidenceLine(region, other, kind) {
  const words = visible(regionText(region));
  const isShared = other.evidence.some((one) => regionText(one) === regionText(region));
  return element("li", {}, isShared ? words : element(kind === "gone" ? "del" : "ins", {}, words));
}

const saying = (decided) => [
  ...(decided?.reasons ?? []),
  decided?.comment,
].filter(Boolean).map((word) => ` · ${word}`).join("");

// The words of a text, with those marked that the other one lacks.
function marked(text, other, kind) {
  const [before, after] = kind === "gone" ? [text, other] : [other, text];
  const parts = wordDiff(before, after).filter((part) => part.kind === "same" || part.kind === kind);
  return parts.map((part) => element(
    part.kind === "same" ? "span" : kind === "gone" ? "del" : "ins",
    {},
    visible(part.text),
  ));
}
