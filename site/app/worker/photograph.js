/** The photograph that is open: what the network said of it, and how it is painted. Each function is a task. */
import { lightnessOf, saturated } from "./color.js";
import { predict } from "./network.js";
import { painter } from "./paint.js";
import { eachStrip, smallCopy } from "./pixels.js";
import { BICUBIC, BILINEAR, resize } from "./resize.js";
import { probable } from "./scenes.js";
import { marksOf, solvedSize, spreader, trustFor } from "./strokes.js";

const SIDE = 128; // pixels of the square that the network sees
const PREVIEW = 1600; // pixels of the longer side on the screen
const SCENES = 5;

let open = null; // {settings, size, preview, lightness, chroma}
let spread = { strokes: "" }; // the strokes that are spread last, and what they were factored to

/** Read a photograph and ask the network. Returns its size, the picture to show as it was, and its scenes. */
export async function openPhotograph({ file, settings }) {
  const bitmap = await createImageBitmap(file); // upright, as the file's orientation says
  const size = { width: bitmap.width, height: bitmap.height };
  const lightness = lightnessOf(smallCopy(bitmap, SIDE, SIDE).data);
  const preview = previewOf(bitmap);
  bitmap.close();
  const { chroma, scene } = await predict(settings, lightness);
  open = { settings, size, preview, lightness, chroma };
  spread = { strokes: "" };
  return { size, scenes: probable(scene, settings.scenes, SCENES), pixels: copyOf(preview) };
}

/** Take over the mood of another photograph, its global features; or none, if `file` is null. */
export async function takeStyle({ file }) {
  let style = null;
  if (file) {
    const bitmap = await createImageBitmap(file);
    style = lightnessOf(smallCopy(bitmap, SIDE, SIDE).data);
    bitmap.close();
  }
  open.chroma = (await predict(open.settings, open.lightness, style)).chroma;
}

/** Paint the open photograph for the screen. */
export function paint(how) {
  const pixels = copyOf(open.preview);
  painter(chromaFor(how), pixels.width, pixels.height)(pixels, 0);
  return { pixels };
}

/** Paint the open photograph from its file in full size, and return it as a file's bytes. */
export async function paintWhole({ file, how, type }) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  const paintStrip = painter(chromaFor(how), width, height);
  let opacity = 0; // of the last pixel
  eachStrip(bitmap, (strip, top) => {
    paintStrip(strip, top);
    context.putImageData(strip, 0, top);
    opacity = strip.data.at(-1);
  });
  bitmap.close();
  // Some browsers say nothing when a canvas is too large for them. It then stays empty.
  if (context.getImageData(width - 1, height - 1, 1, 1).data[3] !== opacity) throw new Error("the canvas is empty");
  return context.canvas.convertToBlob({ type, quality: 0.95 });
}

/** The chroma of the open photograph: the network's, and changed by strokes if there are any. */
function chromaFor({ look, saturation, strokes }) {
  const chroma = saturated(open.chroma[look], saturation);
  if (!strokes.length) return chroma;
  const { size, marks, spreadChanges } = spreadFor(strokes);
  const hints = resize(chroma, size.width, size.height, BILINEAR);
  const spreadTo = spreadChanges(marks.ab.map((ab, i) => ab - (hints.data[i] * 255 - 128)));
  return { ...hints, data: hints.data.map((value, i) => value + spreadTo[i] / 255) };
}

/** What takes time depends on the strokes alone, and is kept while other controls move. */
function spreadFor(strokes) {
  const key = JSON.stringify(strokes);
  if (spread.strokes !== key) {
    const { settings, size: whole, preview } = open;
    const size = solvedSize(whole);
    const { data, width, height } = preview;
    const copy = resize({ data, width, height, channels: 4 }, size.width, size.height, BICUBIC);
    const marks = marksOf(strokes, size);
    const trust = trustFor(whole, settings.strokes);
    const spreadChanges = spreader(lightnessOf(copy.data), size, marks.marked, settings.strokes, trust);
    spread = { strokes: key, size, marks, spreadChanges };
  }
  return spread;
}

function previewOf(bitmap) {
  const scale = Math.min(1, PREVIEW / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

const copyOf = (pixels) => new ImageData(new Uint8ClampedArray(pixels.data), pixels.width, pixels.height);
