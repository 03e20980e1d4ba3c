// All images of an item side by side: linked zoom and pan, the active image, jumps to the evidence.

import { announce, element } from "./dom.js";
import { arrange, renditionSide } from "./layout.js";
import { Pane } from "./pane.js";
import { WHOLE, around, imagePlace, panned, zoomedAt } from "./view.js";

const WHEEL_RATE = 0.0016;
const PAN_STEP = 0.15;
const CROWD = 12; // boxes from which on their numbers are written smaller

export class Stage {
  isLinked = true;
  isSolo = false;
  panes = [];
  active = 0;
  evidence = [];
  onPointer = () => {};
  #jumped = -1;
  #drawing = null;

  constructor(root, backend) {
    Object.assign(this, { root, backend });
    new ResizeObserver(() => this.layOut()).observe(root);
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.onPointer(this.placeOf(event)));
    root.addEventListener("pointerleave", () => this.onPointer(null));
    root.addEventListener("dblclick", (event) => this.#doubleClick(event));
    root.addEventListener("focusin", (event) => this.#activate(this.#paneOf(event)));
  }

  /** Shows the images and evidence of a task from the beginning. */
  show(task) {
    this.panes = task.images.map((image, index) => new Pane(this.backend, image, index, task.roles[index]));
    this.#jumped = -1;
    this.isSolo = false;
    this.#activate(this.panes[0]);
    this.root.replaceChildren(...this.panes.map(({ root }) => root));
    this.showEvidence(task.evidence);
    this.layOut();
  }

  clear() {
    this.panes = [];
    this.root.replaceChildren();
  }

  showEvidence(evidence) {
    this.evidence = evidence;
    this.root.classList.toggle("crowded", evidence.length > CROWD);
    const numbered = evidence.map((region, place) => ({ ...region, number: place + 1 }));
    for (const pane of this.panes) pane.showEvidence(numbered.filter(({ image }) => image === pane.index));
  }

  layOut() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (!this.panes.length || !width || !height) return;
    const shown = this.isSolo ? [this.panes[this.active]] : this.panes;
    const places = arrange(shown.map(({ image }) => image), width, height);
    for (const pane of this.panes) pane.root.hidden = !shown.includes(pane);
    shown.forEach((pane, place) => pane.settle(places[place]));
  }

  /** Loads the images of the item that comes next as they will be shown. */
  prefetch(images) {
    const places = arrange(images, this.root.clientWidth, this.root.clientHeight);
    for (const [index, { width, height }] of places.entries()) {
      const side = renditionSide(Math.max(width, height), window.devicePixelRatio);
      new Image().src = this.backend.picture(images[index], side);
    }
  }

  fit() {
    for (const pane of this.panes) pane.show(WHOLE);
    this.#jumped = -1;
    this.#mark(0);
  }

  zoom(factor, px = 0.5, py = 0.5, pane = this.panes[this.active]) {
    this.#linked(pane, (other) => zoomedAt(other.view, factor, px, py, other.mostZoom));
  }

  pan(dx, dy) {
    this.#linked(this.panes[this.active], (other) => panned(other.view, PAN_STEP * dx, PAN_STEP * dy));
  }

  toggleLink() {
    this.isLinked = !this.isLinked;
    announce(this.isLinked ? "Images zoom together" : "Images zoom one by one");
  }

  toggleSolo() {
    this.isSolo = !this.isSolo;
    this.layOut();
    announce(this.isSolo ? `Image ${this.active + 1} alone` : "All images");
  }

  /** Makes the image before or after the active one active. */
  step(by) {
    if (!this.panes.length) return;
    const count = this.panes.length;
    this.#activate(this.panes[(this.active + by + count) % count]);
    this.layOut();
    this.panes[this.active].root.focus({ preventScroll: true });
  }

  /** Enlarges the place of an evidence box, by its index; images of the same size show the same place. */
  jump(index) {
    const region = this.evidence[index];
    if (!region) return;
    this.#jumped = index;
    const pane = this.panes[region.image];
    this.#activate(pane);
    this.layOut();
    const { width, height } = pane.image;
    for (const other of this.panes) {
      const isTwin = this.isLinked && other.image.width === width && other.image.height === height;
      if (other === pane || isTwin) other.show(around(region.bbox, pane.image, pane.mostZoom));
    }
    this.#mark(index + 1);
    announce(`Evidence ${index + 1} of ${this.evidence.length}: ${region.label || "box"} in Image ${region.image + 1}`);
  }

  jumpBy(by) {
    const count = this.evidence.length;
    if (count) this.jump(this.#jumped < 0 ? (by > 0 ? 0 : count - 1) : (this.#jumped + by + count) % count);
  }

  toggleBoxes() {
    const isHidden = this.root.classList.toggle("bare");
    announce(isHidden ? "Boxes hidden" : "Boxes shown");
  }

  /** Calls with `(image, bbox)` in whole pixels when a box was drawn with the pointer; null ends drawing. */
  drawWith(receive) {
    this.#drawing = receive;
    this.root.classList.toggle("drawing", receive !== null);
  }

  get isDrawing() {
    return this.#drawing !== null;
  }

  /** Where in which image the pointer is; null beside the images. */
  placeOf(event) {
    const pane = this.#paneOf(event);
    if (!pane) return null;
    const bounds = pane.window.getBoundingClientRect();
    const [px, py] = [(event.clientX - bounds.left) / bounds.width, (event.clientY - bounds.top) / bounds.height];
    if (px < 0 || px > 1 || py < 0 || py > 1) return null;
    return { pane, px, py, ...imagePlace(pane.view, px, py) };
  }

  #paneOf(event) {
    const root = event.target.closest(".pane");
    return this.panes.find((pane) => pane.root === root);
  }

  #activate(pane) {
    if (!pane) return;
    this.active = pane.index;
    for (const other of this.panes) other.root.classList.toggle("active", other === pane);
  }

  #mark(number) {
    for (const pane of this.panes) pane.markEvidence(number);
  }

  #linked(pane, change) {
    if (!pane) return;
    for (const other of this.isLinked ? this.panes : [pane]) if (other.place) other.show(change(other));
  }

  #wheel(event) {
    const place = this.placeOf(event);
    if (!place) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    this.zoom(Math.exp(-event.deltaY * lines * WHEEL_RATE), place.px, place.py, place.pane);
  }

  #doubleClick(event) {
    const place = this.placeOf(event);
    if (!place) return;
    if (place.pane.view.zoom > 1) this.fit();
    else this.zoom(3, place.px, place.py, place.pane);
  }

  #press(event) {
    const start = this.placeOf(event);
    if (!start || event.button !== 0) return;
    const follow = this.#drawing ? this.#rubberBand(start) : this.#drag(start, event);
    start.pane.window.setPointerCapture(event.pointerId);
    const stop = (last) => {
      start.pane.window.removeEventListener("pointermove", follow.move);
      follow.end?.(last);
    };
    start.pane.window.addEventListener("pointermove", follow.move);
    start.pane.window.addEventListener("pointerup", stop, { once: true });
    start.pane.window.addEventListener("pointercancel", stop, { once: true });
  }

  #drag({ pane }, event) {
    let from = event;
    const move = (now) => {
      const [dx, dy] = [(from.clientX - now.clientX) / pane.place.width, (from.clientY - now.clientY) / pane.place.height];
      from = now;
      this.#linked(pane, (other) => panned(other.view, dx, dy));
    };
    return { move };
  }

  #rubberBand(start) {
    const { pane } = start;
    const { width, height } = pane.image;
    const band = pane.window.appendChild(element("div", { class: "band" }));
    const clamp = (value) => Math.min(1, Math.max(0, value));
    let corner = start;
    const move = (event) => {
      const bounds = pane.window.getBoundingClientRect();
      const [px, py] = [
        clamp((event.clientX - bounds.left) / bounds.width),
        clamp((event.clientY - bounds.top) / bounds.height),
      ];
      corner = { px, py, ...imagePlace(pane.view, px, py) };
      const share = (value) => `${100 * value}%`;
      Object.assign(band.style, {
        left: share(Math.min(start.px, px)), top: share(Math.min(start.py, py)),
        width: share(Math.abs(px - start.px)), height: share(Math.abs(py - start.py)),
      });
    };
    const end = () => {
      band.remove();
      const [x0, x1] = [start.u, corner.u].sort((a, b) => a - b).map((u) => Math.round(clamp(u) * width));
      const [y0, y1] = [start.v, corner.v].sort((a, b) => a - b).map((v) => Math.round(clamp(v) * height));
      if (x1 > x0 && y1 > y0) this.#drawing?.(pane.index, [x0, y0, x1, y1]);
    };
    return { move, end };
  }
}
