// Shows edits as a diff: what is taken away struck through, what comes underlined.

import { wordDiff } from "./diff.js";
import { element, visible } from "./dom.js";
import { changedTexts } from "./edits.js";

const TAGS = { same: "span", gone: "del", new: "ins" };

/** One element for each changed field. */
export function changes(task, edits) {
  return changedTexts(task, edits).map(({ name, before, after }) =>
    element(
      "p",
      { class: "change", "data-field": name },
      element("b", {}, name === "answer" ? "key" : name),
      diffed(before, after),
    ));
}

function diffed(before, after) {
  const parts = wordDiff(before, after).map(({ kind, text }) => element(TAGS[kind], {}, visible(text)));
  return element("span", { class: "diff" }, ...parts);
}
