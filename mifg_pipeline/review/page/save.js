// Saves the decisions of an offline bundle as a file.

import { announce, element } from "./dom.js";

export function saveDecisions(bundle, annotator) {
  const address = URL.createObjectURL(new Blob([bundle.lines()], { type: "application/jsonl" }));
  element("a", { href: address, download: `${annotator}.jsonl` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  bundle.noteSaved();
  announce("Decisions saved");
}
