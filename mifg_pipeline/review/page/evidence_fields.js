// Form fields for the evidence: a row a box, drawn anew with the pointer or typed.

import { element } from "./dom.js";

/**
 * @param {object[]} evidence
 * @param {object[]} images
 * @param {Function} rebuild called with evidence whose rows are others now
 * @param {Function} set called with evidence whose rows stay
 * @param {Function} draw called with what is to receive `(image, bbox)`
 */
export function evidenceRows(evidence, images, rebuild, set, draw) {
  const live = [...evidence];
  const change = (place, changed) => {
    live[place] = { ...live[place], ...changed };
    set([...live]);
  };
  const rows = evidence.map((region, place) => {
    const name = `Box ${place + 1}`;
    const image = element("select", {
      "aria-label": `${name}: image`,
      change: () => change(place, { image: Number(image.value) }),
    },
      ...images.map((_, index) => element("option", { value: index }, `Image ${index + 1}`)));
    image.value = String(region.image);
    const label = text(`${name}: label`, region.label, (value) => change(place, { label: value }));
    const box = text(
      `${name}: left, top, right, bottom`,
      region.bbox.join(", "),
      (value) => change(place, { bbox: numbers(value) }),
    );
    const redraw = element("button", { type: "button", class: "small", "aria-label": `Draw ${name} anew`, title: "draw anew",
      click: () => draw((index, bbox) => rebuild(live.with(place, { ...live[place], image: index, bbox }))) }, "⬚");
    const remove = element(
      "button",
      { type: "button", class: "small", "aria-label": `Remove ${name}`, click: () => rebuild(live.toSpliced(place, 1)) },
      "✕",
    );
    return element("div", { class: "box-row" }, element("b", {}, String(place + 1)), image, label, redraw, remove, box);
  });
  const add = element(
    "button",
    { type: "button", class: "small", click: () => draw((image, bbox) => rebuild([...live, { image, bbox, label: "" }])) },
    "Draw another box",
  );
  return [element("fieldset", { class: "boxes" }, element("legend", {}, "Evidence"), ...rows, add)];
}

function text(name, value, change) {
  const field = element("input", { type: "text", "aria-label": name, input: () => change(field.value) });
  field.value = value;
  return field;
}

const numbers = (value) => value.split(/[\s,]+/).filter(Boolean).map(Number);
