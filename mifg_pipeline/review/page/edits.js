// An item's fields as a person edits them, and what of them is changed. Pure.

export const LETTERS = "ABCDEFGHIJ";

export const NO_EDITS = Object.freeze({ question: null, options: null, answer: null, evidence: null });

/** The reviewable fields of a task, with edits laid over them; a copy that may be changed. */
export function fieldsOf(task, edits = NO_EDITS) {
  const { question, options, answer, evidence } = task;
  const fields = { question, options, answer, evidence };
  for (const [name, value] of Object.entries(edits)) if (value !== null) fields[name] = value;
  return structuredClone(fields);
}

/** What of the fields differs from the task, whole field by whole field; null where nothing does. */
export function editsOf(task, fields) {
  const same = (name) => JSON.stringify(fields[name]) === JSON.stringify(task[name]);
  return Object.fromEntries(Object.keys(NO_EDITS).map((name) => [name, same(name) ? null : structuredClone(fields[name])]));
}

export const isChanged = (edits) => Object.values(edits).some((value) => value !== null);

/** The key in words. */
export function answerText({ options, answer }) {
  if (options) return options[LETTERS.indexOf(answer.value)] ?? "";
  if (Array.isArray(answer.value)) return answer.value.join(", ");
  if (typeof answer.value === "boolean") return answer.value ? "yes" : "no";
  return String(answer.value);
}

export function regionText({ image, bbox, label }) {
  return `${label || "box"} in Image ${image + 1}, ${bbox.join(", ")}`;
}

/** The changed fields as pairs of texts, to be shown as a diff. */
export function changedTexts(task, edits) {
  const after = fieldsOf(task, edits);
  const texts = (fields) => ({
    question: fields.question,
    options: (fields.options ?? []).map((option, place) => `${LETTERS[place]}. ${option}`).join("\n"),
    answer: answerText(fields),
    evidence: fields.evidence.map(regionText).join("\n"),
  });
  const [old, now] = [texts(task), texts(after)];
  return Object.keys(old).filter((name) => old[name] !== now[name]).map((name) => ({
    name,
    before: old[name],
    after: now[name],
  }));
}
