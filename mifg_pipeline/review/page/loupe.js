// The loupe: native pixels of the image under the pointer, or of the middle of the active image for the keyboard.

import { element } from "./dom.js";
import { imagePlace, panePlace } from "./view.js";

const SIDE = 260;
const MOST_PARTS = 64;
const STEP = 0.04;

export class Loupe {
  isOn = false;
  #at = null;
  #parts = new Map();
  #wanted = false;

  constructor(stage) {
    this.stage = stage;
    this.canvas = element("canvas", {});
    this.caption = element("figcaption", {});
    this.root = element("figure", { id: "loupe", hidden: true, "aria-hidden": "true" }, this.canvas, this.caption);
    stage.root.after(this.root);
  }

  toggle() {
    this.isOn = !this.isOn;
    if (this.isOn) this.#at ??= this.#middle();
    this.redraw();
  }

  /** Follows the pointer: `{pane, u, v}`, or null where it left the images. */
  follow(place) {
    if (place) this.#at = { pane: place.pane, u: place.u, v: place.v };
    if (this.isOn && place) this.redraw();
  }

  /** Moves it by steps, for the keyboard. */
  move(dx, dy) {
    const { pane, u, v } = this.#current();
    const clamp = (value) => Math.min(1, Math.max(0, value));
    this.#at = { pane, u: clamp(u + (STEP * dx) / pane.view.zoom), v: clamp(v + (STEP * dy) / pane.view.zoom) };
    this.redraw();
  }

  /** Begins again in the middle of the active image. */
  recentre() {
    this.#at = null;
    this.redraw();
  }

  redraw() {
    this.root.hidden = !this.isOn || !this.stage.panes.length;
    if (this.root.hidden || this.#wanted) return;
    this.#wanted = true;
    requestAnimationFrame(() => {
      this.#wanted = false;
      if (this.isOn && this.stage.panes.length) this.#draw();
    });
  }

  #middle() {
    const pane = this.stage.panes[this.stage.active];
    return pane ? { pane, ...imagePlace(pane.view, 0.5, 0.5) } : null;
  }

  #current() {
    if (!this.#at || !this.stage.panes.includes(this.#at.pane)) this.#at = this.#middle();
    return this.#at;
  }

  #draw() {
    const { pane, u, v } = this.#current();
    const { image } = pane;
    const pixels = window.devicePixelRatio;
    // Pixels of the canvas per image pixel: whole ones, so that nothing is smoothed, and larger than in the pane.
    const times = Math.max(1, Math.ceil(1.5 * pane.scale * pane.view.zoom * pixels));
    const side = Math.round(SIDE * pixels);
    Object.assign(this.canvas, { width: side, height: side });
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    const [left, top] = [Math.round(u * image.width - side / times / 2), Math.round(v * image.height - side / times / 2)];
    for (const part of this.#partsAround(image, left, top, side / times)) {
      const { naturalWidth, naturalHeight } = part.picture; // 0 until it has come
      const place = [part.left - left, part.top - top, naturalWidth, naturalHeight].map((value) => value * times);
      if (naturalWidth) context.drawImage(part.picture, ...place);
    }
    this.#cross(context, side);
    this.caption.textContent = `Image ${pane.index + 1} · ${times === 1 ? "native pixels" : `native pixels × ${times}`}`;
    this.#moveBeside(pane, u, v);
  }

  #cross(context, side) {
    context.lineWidth = 1;
    for (const [colour, shift] of [["#000a", 0.5], ["#fffa", 1.5]]) {
      context.strokeStyle = colour;
      context.strokeRect(side / 2 - 6 + shift, side / 2 - 6 + shift, 12, 12);
    }
  }

  #partsAround(image, left, top, side) {
    const parts = new Map();
    const clampX = (x) => Math.min(image.width - 1, Math.max(0, x));
    const clampY = (y) => Math.min(image.height - 1, Math.max(0, y));
    for (const x of [left, left + side / 2, left + side]) {
      for (const y of [top, top + side / 2, top + side]) {
        const part = this.stage.backend.nativePart(image, clampX(x), clampY(y));
        parts.set(part.url, { ...part, picture: this.#picture(part.url) });
      }
    }
    return parts.values();
  }

  #picture(url) {
    let picture = this.#parts.get(url);
    if (!picture) {
      picture = new Image();
      picture.onload = () => this.redraw();
      picture.src = url;
    }
    this.#parts.delete(url);
    this.#parts.set(url, picture);
    if (this.#parts.size > MOST_PARTS) this.#parts.delete(this.#parts.keys().next().value);
    return picture;
  }

  // Beside the place it shows, on the side where there is room.
  #moveBeside(pane, u, v) {
    const bounds = pane.window.getBoundingClientRect();
    const { px, py } = panePlace(pane.view, u, v);
    const [x, y] = [bounds.left + px * bounds.width, bounds.top + py * bounds.height];
    const left = x + SIDE + 40 < window.innerWidth ? x + 24 : x - SIDE - 30;
    const top = Math.min(window.innerHeight - SIDE - 40, Math.max(8, y - SIDE / 2));
    Object.assign(this.root.style, { left: `${left}px`, top: `${top}px` });
  }
}
