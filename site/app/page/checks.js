/** Refuse what is no picture, or too large, before anything is done with it. */
export const MOST_MEGAPIXELS = 50; // as a bitmap they take 200 MB of memory

/** Raises an Error whose message is a sentence for the visitor. */
export async function checkPhotograph(file) {
  const size = await sizeOf(file);
  if (!size) {
    throw new Error(`“${file.name}” is not a picture that this browser can read. Choose a JPEG, PNG or WebP file.`);
  }
  const megapixels = (size.width * size.height) / 1e6;
  if (megapixels > MOST_MEGAPIXELS) {
    const found = `“${file.name}” has ${megapixels.toFixed(0)} megapixels, and ${MOST_MEGAPIXELS} are possible here`;
    throw new Error(`${found}. Make it smaller and choose it again.`);
  }
}

/** The size of a picture, or null. An <img> reads it from the first bytes of the file. */
function sizeOf(file) {
  const url = URL.createObjectURL(file);
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve(image.naturalWidth ? { width: image.naturalWidth, height: image.naturalHeight } : null);
    image.onerror = () => resolve(null);
    image.src = url;
  }).finally(() => URL.revokeObjectURL(url));
}
