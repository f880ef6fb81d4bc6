/**
 * Change the size of an image as Pillow does: each new pixel is a weighted mean of old ones, along rows and along
 * columns. (A canvas uses other weights. The network then sees another picture and answers with other colours.)
 *
 * An image is {data, width, height, channels}. Bytes are rounded and clipped by their Uint8ClampedArray; numbers in a
 * Float32Array stay as they are.
 */
const STEP = 2 ** 22; // Pillow's weights of bytes are multiples of 1 / STEP
const UP = 2 ** -30; // halves are rounded up, as Pillow rounds them, and not to even as the array would

const triangle = { reach: 1, of: (x) => Math.max(0, 1 - Math.abs(x)) };

function cubic(x) {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

export const BILINEAR = triangle;
export const BICUBIC = { reach: 2, of: cubic };

/** For each of `to` new pixels: the first old pixel that it is made of, and the weights from there on. */
export function weights(from, to, filter, length = from) {
  const scale = length / to;
  const stretch = Math.max(1, scale); // a smaller image is made of more old pixels
  return Array.from({ length: to }, (_, n) => {
    const centre = (n + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - filter.reach * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + filter.reach * stretch + 0.5));
    const values = Float64Array.from({ length: end - first }, (_, i) => filter.of((first + i + 0.5 - centre) / stretch));
    const sum = values.reduce((a, b) => a + b);
    return { first, values: values.map((value) => Math.round((value / sum) * STEP) / STEP) };
  });
}

/** Resize along rows. `along` is the result of `weights`. */
export function horizontally({ data, width, height, channels }, along) {
  const resized = new data.constructor(along.length * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (const { first, values } of along) {
      for (let channel = 0; channel < channels; channel++, at++) {
        let sum = 0;
        for (let i = 0, p = (y * width + first) * channels + channel; i < values.length; i++, p += channels) {
          sum += values[i] * data[p];
        }
        resized[at] = sum + UP;
      }
    }
  }
  return { data: resized, width: along.length, height, channels };
}

/** Compute one row of an image that is resized along columns, and store it in `row`. */
export function mixRow({ data, width, channels }, { first, values }, row) {
  const length = width * channels;
  for (let x = 0; x < length; x++) {
    let sum = 0;
    for (let i = 0, p = first * length + x; i < values.length; i++, p += length) sum += values[i] * data[p];
    row[x] = sum + UP;
  }
}

/** Resize along columns. */
export function vertically(image, along) {
  const row = image.width * image.channels;
  const data = new image.data.constructor(along.length * row);
  along.forEach((mix, y) => mixRow(image, mix, data.subarray(y * row, (y + 1) * row)));
  return { ...image, data, height: along.length };
}

/** Resize an image. `lengths`: how much of its width and height is used, if not all. */
export function resize(image, width, height, filter, lengths = [image.width, image.height]) {
  const across = weights(image.width, width, filter, lengths[0]);
  const down = weights(image.height, height, filter, lengths[1]);
  // Bytes are rounded after each of the two steps, so their order matters. This is Pillow's.
  const columnsFirst = image.height - height > 2 * Math.max(0, image.width - width);
  if (columnsFirst) return horizontally(vertically(image, down), across);
  return vertically(horizontally(image, across), down);
}
