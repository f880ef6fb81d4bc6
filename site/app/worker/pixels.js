/**
 * Read the pixels of a photograph in strips, so that a large one is in memory only once, as the browser's own bitmap.
 * A strip is RGBA bytes, as a canvas gives them.
 */
import { BICUBIC, resize } from "./resize.js";

const STRIP = 2 ** 20; // pixels
const GAP = 3; // averages over whole squares stop when the image is this many times larger than wanted, as in Pillow
const PARTS = 2 ** 24; // Pillow divides by multiplying with a whole number of these parts

/** Call `use(pixels, top)` for each strip of rows. A strip has a multiple of `multiple` rows, except the last one. */
export function eachStrip(bitmap, use, { multiple = 1, paper = null } = {}) {
  const { width, height } = bitmap;
  const rows = Math.min(height, multiple * Math.max(1, Math.floor(STRIP / width / multiple)));
  const context = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += rows) {
    const here = Math.min(rows, height - top);
    context.clearRect(0, 0, width, rows);
    if (paper) {
      context.fillStyle = paper;
      context.fillRect(0, 0, width, rows);
    }
    context.drawImage(bitmap, 0, top, width, here, 0, 0, width, here);
    use(context.getImageData(0, 0, width, here), top);
  }
}

/** A small copy of a photograph on white paper, as Pillow's resize(size, reducing_gap=3) makes it. */
export function smallCopy(bitmap, width, height) {
  const across = Math.max(1, Math.trunc(bitmap.width / width / GAP));
  const down = Math.max(1, Math.trunc(bitmap.height / height / GAP));
  const reduced = averaged(bitmap, across, down);
  return resize(reduced, width, height, BICUBIC, [bitmap.width / across, bitmap.height / down]);
}

/** Means of blocks of across x down pixels. Blocks at the right and the lower edge may be smaller. */
function averaged(bitmap, across, down) {
  const width = Math.ceil(bitmap.width / across);
  const height = Math.ceil(bitmap.height / down);
  const data = new Uint8ClampedArray(width * height * 4);
  const readStrip = (strip, top) => {
    for (let y = 0; y < strip.height; y += down) {
      averageRow(strip, y, Math.min(down, strip.height - y), across, data, ((top + y) / down) * width * 4);
    }
  };
  eachStrip(bitmap, readStrip, { multiple: down, paper: "white" });
  return { data, width, height, channels: 4 };
}

function averageRow(strip, top, rows, across, out, at) {
  for (let left = 0; left < strip.width; left += across) {
    const columns = Math.min(across, strip.width - left);
    const count = rows * columns;
    const part = Math.floor(PARTS / count);
    for (let channel = 0; channel < 4; channel++, at++) {
      let sum = count >> 1; // rounds to nearest
      for (let y = top; y < top + rows; y++) {
        let p = (y * strip.width + left) * 4 + channel;
        for (let x = 0; x < columns; x++, p += 4) sum += strip.data[p];
      }
      out[at] = Math.floor((sum * part) / PARTS);
    }
  }
}
