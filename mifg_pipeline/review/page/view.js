// Which part of an image its pane shows: the centre, in shares of the image, and how much it is enlarged. Pure.

export const WHOLE = Object.freeze({ zoom: 1, x: 0.5, y: 0.5 });

const BOX_SHARE = 0.4;

function within({ zoom, x, y }) {
  const margin = 0.5 / zoom;
  const clamp = (value) => Math.min(1 - margin, Math.max(margin, value));
  return { zoom, x: clamp(x), y: clamp(y) };
}

/** Zooms by a factor; the place under (px, py), in shares of the pane, stays there. */
export function zoomedAt(view, factor, px, py, most) {
  const zoom = Math.min(most, Math.max(1, view.zoom * factor));
  const shift = 1 / view.zoom - 1 / zoom;
  return within({ zoom, x: view.x + (px - 0.5) * shift, y: view.y + (py - 0.5) * shift });
}

/** Moves by shares of the pane. */
export function panned(view, dx, dy) {
  return within({ zoom: view.zoom, x: view.x + dx / view.zoom, y: view.y + dy / view.zoom });
}

/** Shows a box in the middle, with some of what surrounds it. */
export function around([x0, y0, x1, y1], { width, height }, most) {
  const zoom = Math.min(most, Math.max(1, BOX_SHARE / Math.max((x1 - x0) / width, (y1 - y0) / height)));
  return within({ zoom, x: (x0 + x1) / 2 / width, y: (y0 + y1) / 2 / height });
}

/** Place in the image, in shares of it, that is shown at (px, py) of the pane. */
export function imagePlace(view, px, py) {
  return { u: view.x + (px - 0.5) / view.zoom, v: view.y + (py - 0.5) / view.zoom };
}

/** Place in the pane, in shares of it, where (u, v) of the image is shown; outside 0 to 1 it is hidden. */
export function panePlace(view, u, v) {
  return { px: 0.5 + (u - view.x) * view.zoom, py: 0.5 + (v - view.y) * view.zoom };
}
