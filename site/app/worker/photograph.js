/** The photograph that is open: what the network said of it, and how it is painted. Each function is a task. */
import { lightnessOf, saturated } from "./color.js";
import { predict } from "./network.js";
import { painter } from "./paint.js";
import { eachStrip, smallCopy } from "./pixels.js";
import { probable } from "./scenes.js";

const SIDE = 128; // pixels of the square that the network sees
const PREVIEW = 1600; // pixels of the longer side on the screen
const SCENES = 5;

let open = null; // {size, preview, lightness, chroma}

/** Read a photograph and ask the network. Returns its size, the picture to show as it was, and its scenes. */
export async function openPhotograph({ file, settings }) {
  const bitmap = await createImageBitmap(file); // upright, as the file's orientation says
  const size = { width: bitmap.width, height: bitmap.height };
  const lightness = lightnessOf(smallCopy(bitmap, SIDE, SIDE).data);
  const preview = await previewOf(bitmap);
  bitmap.close();
  const { chroma, scene } = await predict(settings, lightness);
  open = { size, preview, lightness, chroma };
  return { size, scenes: probable(scene, settings.scenes, SCENES), pixels: copyOf(preview) };
}

/** Paint the open photograph for the screen. */
export function paint(how) {
  const pixels = copyOf(open.preview);
  painter(chromaFor(how), pixels.width, pixels.height)(pixels, 0);
  return { pixels };
}

/** Paint a photograph of the open one's file in full size, and return it as a file's bytes. */
export async function paintWhole({ file, how, type }) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const paintStrip = painter(chromaFor(how), width, height);
  eachStrip(bitmap, (strip, top) => {
    paintStrip(strip, top);
    context.putImageData(strip, 0, top);
  });
  bitmap.close();
  return canvas.convertToBlob({ type, quality: 0.95 });
}

const chromaFor = ({ look, saturation }) => saturated(open.chroma[look], saturation);

async function previewOf(bitmap) {
  const scale = Math.min(1, PREVIEW / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

const copyOf = (pixels) => new ImageData(new Uint8ClampedArray(pixels.data), pixels.width, pixels.height);
