/** Save the photograph in full size, in the format that it had if a browser writes it, else as PNG. */
import { ask } from "./engine.js";

const ENDINGS = { "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp" };

/** Raises an Error with a sentence for the visitor. */
export async function save({ file, size }, how) {
  const type = file.type in ENDINGS ? file.type : "image/png";
  let result;
  try {
    result = await ask("paintWhole", { file, how, type });
  } catch {
    const megapixels = ((size.width * size.height) / 1e6).toFixed(0);
    throw new Error(`This browser cannot make a picture of ${megapixels} megapixels. Make the photograph smaller first.`);
  }
  const stem = file.name.replace(/\.[^.]*$/, "") || "photograph";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(result);
  link.download = `${stem}-coloured${ENDINGS[result.type]}`; // a browser that writes no WebP has made a PNG of it
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download may not have begun
}
