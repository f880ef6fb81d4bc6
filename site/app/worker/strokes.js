/**
 * Spread the colours of strokes over a photograph: they stop where the lightness changes (Levin et al. 2004), as
 * `colorlab scribble --hints` does it (colorlab/painting/scribbles.py explains the system). Here a smaller copy is used.
 */
import { drawStrokes } from "../page/drawing.js";
import { Band } from "./band.js";
import { labOfBytes } from "./color.js";

const PIXELS = 24_576; // of the copy, as of 192 x 128; the time grows with their square
const LINKS = [[1, 0], [0, 1], [1, 1], [-1, 1]]; // (columns, rows) to half of the eight neighbours
const DRAWN = 1000; // pixels of the longer side of the layer on which strokes are drawn
const OPAQUE = 128; // the least alpha of a stroke's pixel

/** The size of the copy on which strokes spread. */
export function solvedSize({ width, height }) {
  const scale = Math.min(1, Math.sqrt(PIXELS / (width * height)));
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** The trust in the network's colours is for each pixel, so a smaller copy needs more of it for the same reach. */
export function trustFor(size, { trust, pixels }) {
  const copy = solvedSize(size);
  return (trust * Math.min(pixels, size.width * size.height)) / (copy.width * copy.height);
}

/** Strokes on a copy of a size: {marked, ab}. A pixel that a stroke touches has the mean colour of what touches it. */
export function marksOf(strokes, { width, height }) {
  const scale = DRAWN / Math.max(width, height);
  const layer = new OffscreenCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
  const context = layer.getContext("2d", { willReadFrequently: true });
  drawStrokes(context, strokes);
  const { data } = context.getImageData(0, 0, layer.width, layer.height);
  const [counts, ab] = [new Uint32Array(width * height), new Float64Array(width * height * 2)];
  for (let y = 0, p = 0; y < layer.height; y++) {
    for (let x = 0; x < layer.width; x++, p += 4) {
      if (data[p + 3] < OPAQUE) continue;
      const at = Math.floor((y * height) / layer.height) * width + Math.floor((x * width) / layer.width);
      const [, a, b] = labOfBytes(data[p], data[p + 1], data[p + 2]);
      counts[at]++;
      ab[2 * at] += a;
      ab[2 * at + 1] += b;
    }
  }
  return { marked: counts.map((count) => count > 0), ab: ab.map((sum, i) => sum / Math.max(1, counts[i >> 1])) };
}

/**
 * Prepare to spread changes from marked pixels to all others, where they fade with the distance.
 *
 * lightness: L in [0, 100] of each pixel. marked: 1 where there is a stroke. trust: the weight of no change.
 * Returns a function: changes (a and b of each pixel; only those of marked ones are read) -> changes everywhere.
 */
export function spreader(lightness, { width, height }, marked, settings, trust) {
  const lines = width <= height ? [1, width] : [height, 1]; // the shorter side is numbered first: a narrow band
  const number = (x, y) => x * lines[0] + y * lines[1];
  const band = new Band(width * height, Math.min(width, height) + 1);
  const degree = new Float64Array(width * height);
  const known = []; // [free pixel, marked neighbour, affinity]
  eachLink(lightness, width, height, settings, (here, there, x, y, column, row, affinity) => {
    degree[here] += affinity;
    degree[there] += affinity;
    if (marked[here] && marked[there]) return;
    if (marked[here]) known.push([there, here, affinity]);
    else if (marked[there]) known.push([here, there, affinity]);
    else {
      const [one, other] = [number(x, y), number(x + column, y + row)];
      band.set(Math.max(one, other), Math.min(one, other), -affinity);
    }
  });
  const places = Uint32Array.from(degree, (_, i) => number(i % width, Math.floor(i / width)));
  degree.forEach((sum, i) => band.set(places[i], places[i], marked[i] ? 1 : sum * (1 + trust)));
  band.factor();
  return (changes) => {
    const spread = new Float32Array(changes.length);
    for (const channel of [0, 1]) {
      const right = new Float64Array(degree.length);
      marked.forEach((is, i) => (right[places[i]] = is ? changes[2 * i + channel] : 0));
      for (const [free, mark, affinity] of known) right[places[free]] += affinity * changes[2 * mark + channel];
      band.solve(right);
      places.forEach((place, i) => (spread[2 * i + channel] = right[place]));
    }
    return spread;
  };
}

/** Call `use` for each pair of neighbours, with their affinity: how alike their lightness is. */
function eachLink(lightness, width, height, { variance, noise, faintest }, use) {
  const variances = localVariance(lightness, width, height);
  for (const [column, row] of LINKS) {
    for (let y = 0; y + row < height; y++) {
      for (let x = Math.max(0, -column); x < width - Math.max(0, column); x++) {
        const [here, there] = [y * width + x, (y + row) * width + x + column];
        const sigma2 = Math.max((variance * (variances[here] + variances[there])) / 2, noise ** 2);
        const alike = Math.exp(-((lightness[here] - lightness[there]) ** 2) / (2 * sigma2));
        use(here, there, x, y, column, row, Math.max(alike, faintest));
      }
    }
  }
}

/** The variance of the lightness in the 3 x 3 pixels around each pixel. Beyond the edge the last pixel is repeated. */
function localVariance(lightness, width, height) {
  const inside = (n, length) => Math.min(length - 1, Math.max(0, n));
  return lightness.map((_, i) => {
    let [sum, squares] = [0, 0];
    for (let y = Math.floor(i / width) - 1, rows = 0; rows < 3; rows++, y++) {
      for (let x = (i % width) - 1, columns = 0; columns < 3; columns++, x++) {
        const value = lightness[inside(y, height) * width + inside(x, width)];
        sum += value;
        squares += value * value;
      }
    }
    return squares / 9 - (sum / 9) ** 2;
  });
}
