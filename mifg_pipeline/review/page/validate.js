// What an edited item must fulfil to be a record at all. Offline this stands in for the server, whose gates see more. Pure.

import { LETTERS } from "./edits.js";

const VALUES = {
  choice: (value, options) => LETTERS.slice(0, options?.length ?? 0).includes(value) && value.length === 1,
  integer: Number.isInteger,
  number: Number.isFinite,
  boolean: (value) => typeof value === "boolean",
  text: (value) => typeof value === "string" && value.trim() !== "",
  list: (value) => Array.isArray(value) && value.length > 0 && value.every((part) => part.trim() !== ""),
};

/** What is wrong with edited fields; null if nothing is. */
export function validate({ question, options, answer, evidence }, images) {
  if (!question.trim()) return "The question is empty.";
  if (options?.some((option) => !option.trim())) return "An option is empty.";
  const said = options?.map((option) => option.trim().toLowerCase());
  if (said && new Set(said).size < said.length) return "Two options say the same.";
  if (said && (said.length < 2 || said.length > LETTERS.length)) return `A choice has 2 to ${LETTERS.length} options.`;
  if (!VALUES[answer.kind](answer.value, options)) return `The key is no value of the kind ${answer.kind}.`;
  const missing = [...question.matchAll(/\bImages? (\d+)/g)].find(([, number]) => number < 1 || number > images.length);
  if (missing) return `The question names Image ${missing[1]}; there are ${images.length}.`;
  if (!evidence.length) return "There is no evidence box.";
  return evidence.map((region, place) => boxProblem(region, place, images)).find(Boolean) ?? null;
}

function boxProblem({ image, bbox: [x0, y0, x1, y1] }, place, images) {
  const { width, height } = images[image];
  const isWhole = [x0, y0, x1, y1].every(Number.isInteger);
  const isWithin = (from, to, side) => 0 <= from && from < to && to <= side;
  return isWhole && isWithin(x0, x1, width) && isWithin(y0, y1, height) ? null : `Box ${place + 1} does not lie inside Image ${image + 1} (${width}×${height}).`;
}
