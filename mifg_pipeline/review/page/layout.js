// Where each image goes, so that the smallest are as large as the room allows. Pure.

const GAP = 8;
const CAPTION = 22;

/**
 * Rows of images in their order; of all ways to break them into rows, the one with the greatest product of areas.
 *
 * @param {{width: number, height: number}[]} images
 * @param {number} width of the room, in CSS pixels
 * @param {number} height of the room
 * @returns {{left: number, top: number, width: number, height: number}[]} the pictures, each below its caption
 */
export function arrange(images, width, height) {
  const ratios = images.map((image) => image.width / image.height);
  let best = { worth: -Infinity };
  for (let breaks = 0; breaks < 1 << (images.length - 1); breaks += 1) {
    const rows = rowsOf(ratios, breaks);
    const heights = rowHeights(rows, width, height);
    const worth = rows.reduce((sum, row, place) => sum + row.length * Math.log(heights[place]), 0);
    if (worth > best.worth) best = { worth, rows, heights };
  }
  return placed(best.rows, best.heights, width, height);
}

/** Which rendition a picture of this size on the screen wants: the smallest that is not blurred by enlarging it. */
export function renditionSide(longSide, devicePixels) {
  return [512, 1024, 2048].find((side) => side >= longSide * devicePixels) ?? 4096;
}

function rowsOf(ratios, breaks) {
  const rows = [[ratios[0]]];
  for (let place = 1; place < ratios.length; place += 1) {
    if (breaks & (1 << (place - 1))) rows.push([]);
    rows.at(-1).push(ratios[place]);
  }
  return rows;
}

// Rows share the height evenly, but none gets more than its width can use; what it leaves goes to the others.
function rowHeights(rows, width, height) {
  const most = rows.map((row) => (width - GAP * (row.length - 1)) / row.reduce((sum, ratio) => sum + ratio, 0));
  let left = Math.max(rows.length, height - rows.length * CAPTION - GAP * (rows.length - 1));
  let open = rows.length;
  const heights = [];
  for (const place of rows.map((_, row) => row).sort((a, b) => most[a] - most[b])) {
    heights[place] = Math.max(1, Math.min(most[place], left / open));
    left -= heights[place];
    open -= 1;
  }
  return heights;
}

function placed(rows, heights, width, height) {
  const used = heights.reduce((sum, row) => sum + row + CAPTION, 0) + GAP * (rows.length - 1);
  let top = Math.max(0, (height - used) / 2);
  return rows.flatMap((row, place) => {
    const tall = heights[place];
    const wide = row.reduce((sum, ratio) => sum + ratio * tall, GAP * (row.length - 1));
    let left = Math.max(0, (width - wide) / 2);
    const pictures = row.map((ratio) => {
      const picture = { left, top: top + CAPTION, width: ratio * tall, height: tall };
      left += picture.width + GAP;
      return picture;
    });
    top += CAPTION + tall + GAP;
    return pictures;
  });
}
