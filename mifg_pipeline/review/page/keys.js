// Every key and what it does: the help overlay and the dispatch read the same table.

import { element, key } from "./dom.js";

const GROUPS = [
  ["Decide", [
    ["a", "accept", "question, key and evidence are right"],
    ["r", "reject", "reject; then a number says why"],
    ["e", "edit", "edit, or close the editor"],
    ["f", "flag", "flag: somebody else must look"],
    ["s", "skip", "skip: not now"],
    ["u", "undo", "take back the last decision"],
    ["1…9", "reason", "choose a reason"],
    ["c", "comment", "write a comment; Esc leaves it"],
    ["Ctrl ⏎", "send", "send the edit, or the reject or flag that is begun"],
    ["d", "discard", "discard edits that are not sent"],
    ["Esc", "escape", "close; or clear reasons and begin anew"],
  ]],
  ["Look", [
    ["n", "nextEvidence", "next evidence box"],
    ["⇧n", "previousEvidence", "evidence box before"],
    ["⇧1…9", "evidence", "evidence box by its number"],
    ["+", "zoomIn", "zoom in; so does the wheel"],
    ["-", "zoomOut", "zoom out"],
    ["0", "fit", "whole images again"],
    ["← ↑ → ↓", "pan", "move; so does dragging"],
    ["z", "loupe", "loupe with native pixels; arrows move it"],
    ["]", "nextImage", "next image"],
    ["[", "previousImage", "image before"],
    ["v", "solo", "this image alone, or all"],
    ["l", "link", "zoom all together, or one by one"],
    ["o", "boxes", "boxes off and on"],
  ]],
  ["Page", [
    ["h", "history", "what you decided"],
    ["g", "guideline", "guideline"],
    ["w", "save", "save decisions (offline)"],
    ["t", "theme", "dark or light"],
    ["?", "help", "this list"],
  ]],
];

const NAMED = new Map(GROUPS.flatMap(([, rows]) => rows).map(([shown, name]) => [shown, name]));
NAMED.set("=", "zoomIn").set("_", "zoomOut");
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ONCE = new Set(["accept", "reject", "edit", "flag", "skip", "undo", "send"]); // not again while a key is held

/** Calls `does[name](...)` for the keys of the table; while a dialog is open all keys are the dialog's. */
export function listenToKeys(does) {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const [name, ...values] = meaning(event);
    if (!name || (event.repeat && ONCE.has(name))) return;
    event.preventDefault();
    does[name](...values);
  });
}

/** Fills the help overlay. */
export function fillHelp(dialog) {
  const sections = GROUPS.map(([title, rows]) =>
    element("section", {}, element("h3", {}, title),
      element("dl", {}, ...rows.flatMap(([shown, , words]) => [element("dt", {}, key(shown)), element("dd", {}, words)]))));
  dialog.replaceChildren(
    element("h2", { id: "help-title" }, "Keys"),
    element("div", { class: "help-groups" }, ...sections),
    element("p", {}, "Tab leads through everything, Enter presses what is in focus. Wheel and drag work on every image."),
    element("form", { method: "dialog" }, element("button", { autofocus: true }, "Close ", key("Esc"))),
  );
}

function meaning(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return ["send"];
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return [];
  if (event.key === "Escape") return ["escape", event.target];
  if (event.target.matches("input, textarea, select")) return [];
  if (/^[1-9]$/.test(event.key)) return ["reason", Number(event.key) - 1];
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1]; // with Shift; on keyboards that have digits above, without
  if (digit) return ["evidence", Number(digit) - 1];
  if (event.key in ARROWS) return isScrolling(event) ? [] : ["pan", ...ARROWS[event.key]];
  if (event.key.length > 1) return [];
  const letter = letterOf(event);
  return [NAMED.get(event.shiftKey && /[a-z]/.test(letter) ? `⇧${letter}` : letter)];
}

// Keyboards of other scripts have no Latin letters: there the place of the key counts.
function letterOf({ key: name, code }) {
  if (!/[^\p{Script=Latin}\P{L}]/u.test(name)) return name.toLowerCase();
  return /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ?? name;
}

const isScrolling = ({ target, key: name }) => /Up|Down/.test(name) && target.closest(".asked, .scrolls") !== null;
