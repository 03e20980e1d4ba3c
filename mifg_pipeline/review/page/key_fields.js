// Form fields for a key that is no option: a number, yes or no, a text or a list.

import { element } from "./dom.js";

const READ = {
  integer: (text) => (text.trim() === "" ? null : Number(text)),
  number: (text) => (text.trim() === "" ? null : Number(text)),
  text: (text) => text,
  list: (text) => text.split("\n").map((line) => line.trim()).filter(Boolean),
};

/** A label and its field; `set` is called with the whole answer. */
export function keyFields(answer, set) {
  const label = element(
    "label",
    { for: "edit-key" },
    answer.kind === "list" ? "Key, one entry a line" : `Key (${answer.kind})`,
  );
  if (answer.kind === "boolean") return [label, yesOrNo(answer, set)];
  const isList = answer.kind === "list";
  const field = element(isList ? "textarea" : "input", {
    id: "edit-key", rows: isList && String(Math.min(6, answer.value.length + 1)), type: isList ? null : "text",
    inputmode: answer.kind === "integer" ? "numeric" : null,
    input: () => set({ ...answer, value: READ[answer.kind](field.value) }),
  });
  field.value = isList ? answer.value.join("\n") : String(answer.value);
  return [label, field];
}

function yesOrNo(answer, set) {
  const field = element("select", { id: "edit-key", change: () => set({ ...answer, value: field.value === "yes" }) },
    element("option", {}, "yes"), element("option", {}, "no"));
  field.value = answer.value ? "yes" : "no";
  return field;
}
