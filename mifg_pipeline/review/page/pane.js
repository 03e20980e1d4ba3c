// One image of the item: its caption, the part of it that is in view, and the evidence boxes on top.

import { element, visible } from "./dom.js";
import { renditionSide } from "./layout.js";
import { WHOLE, panePlace } from "./view.js";

const ROLES = { query: "part of the question", distractor: "distractor", evidence: "evidence" };
const CRISP_FROM = 3; // CSS pixels per image pixel, from which on pixels are shown as squares

export class Pane {
  view = WHOLE;
  #picture;
  #boxes = [];
  #side = 0;

  constructor(backend, image, index, role) {
    Object.assign(this, { backend, image, index });
    this.#picture = element("img", { alt: `Image ${index + 1}, ${ROLES[role]}`, draggable: "false" });
    this.#picture.addEventListener("error", () => this.root.classList.add("broken"));
    this.window = element("div", { class: "window" }, this.#picture);
    this.zoomed = element("span", { class: "zoom" });
    const caption = element("figcaption", {},
      element("b", {}, `Image ${index + 1}`),
      element("span", { class: `role ${role}` }, ROLES[role]),
      element("span", { class: "size" }, `${image.width} × ${image.height}`),
      this.zoomed,
    );
    const label = `Image ${index + 1} of the item, ${ROLES[role]}, ${image.width} by ${image.height} pixels`;
    const title = [image.attribution, image.license].filter(Boolean).map(visible).join(" · ") || null;
    this.root = element(
      "figure",
      { class: "pane", tabindex: "0", "aria-label": label, title, "data-image": index },
      caption,
      this.window,
    );
  }

  /** Most the image is enlarged: until an image pixel takes eight pixels of the screen. */
  get mostZoom() {
    return Math.max(4, 8 / this.scale);
  }

  /** CSS pixels per image pixel when the whole image is shown. */
  get scale() {
    return this.place.width / this.image.width;
  }

  /** Puts the pane where the layout says. */
  settle(place) {
    this.place = place;
    const { left, top, width, height } = place;
    Object.assign(this.root.style, { left: `${left}px`, top: `${top}px`, width: `${width}px` });
    this.root.style.setProperty("--tall", `${height}px`);
    this.draw();
  }

  /** Evidence of this image: `[{number, bbox, label}]`, numbered within the item. */
  showEvidence(regions) {
    for (const { box } of this.#boxes) box.remove();
    this.#boxes = regions.map((region) => {
      const name = element("span", {}, String(region.number), region.label ? element("i", {}, visible(region.label)) : null);
      return { region, box: element("div", { class: "box", "data-number": region.number }, name) };
    });
    this.window.append(...this.#boxes.map(({ box }) => box));
    if (this.place) this.draw();
  }

  markEvidence(number) {
    for (const { region, box } of this.#boxes) box.classList.toggle("lit", region.number === number);
  }

  show(view) {
    this.view = view;
    this.draw();
  }

  draw() {
    const { zoom } = this.view;
    const { width, height } = this.place;
    const start = panePlace(this.view, 0, 0);
    this.#picture.style.transform = `translate(${start.px * width}px, ${start.py * height}px) scale(${zoom})`;
    this.#picture.classList.toggle("crisp", this.scale * zoom >= CRISP_FROM);
    this.zoomed.textContent = zoom > 1.005 ? `${Math.round(100 * this.scale * zoom)} %` : "";
    for (const { region, box } of this.#boxes) this.#drawBox(region.bbox, box);
    this.#sharpen(renditionSide(Math.max(width, height) * zoom, window.devicePixelRatio));
  }

  #drawBox([x0, y0, x1, y1], box) {
    const { width, height } = this.place;
    const from = panePlace(this.view, x0 / this.image.width, y0 / this.image.height);
    const to = panePlace(this.view, x1 / this.image.width, y1 / this.image.height);
    Object.assign(box.style, {
      left: `${from.px * width}px`,
      top: `${from.py * height}px`,
      width: `${(to.px - from.px) * width}px`,
      height: `${(to.py - from.py) * height}px`,
    });
    box.classList.toggle("high", from.py * height < 20);
    box.classList.toggle("east", from.px > 0.75);
  }

  // A larger rendition replaces a smaller one when it has come, so that nothing flickers.
  #sharpen(side) {
    if (side <= this.#side) return;
    const url = this.backend.picture(this.image, side);
    if (this.#side === 0 || url === this.#picture.getAttribute("src")) this.#picture.src = url;
    else {
      const sharper = new Image();
      sharper.onload = () => { if (this.#side === side) this.#picture.src = url; };
      sharper.src = url;
    }
    this.#side = side;
  }
}
