/**
 * Give a photograph other colours and keep its own lightness, as colorlab/painting/paint.py does it: the conversion
 * from Lab is computed for a lattice of colours, and each pixel is interpolated in that table.
 */
import { LIGHT_OF_BYTE, SHARES, lightnessOfGrey, rgbOfLab } from "./color.js";
import { BILINEAR, horizontally, mixRow, weights } from "./resize.js";

const TABLE = 33; // values along each axis of the table
const FULL = 65_534; // the light of white in the tables below

const lightOf = SHARES.map((share) => Uint16Array.from(LIGHT_OF_BYTE, (light) => Math.round(share * light * FULL)));
const greyOfLight = makeGreyOfLight();

/** The grey, a byte, of each amount of light from 0 to 65535. */
function makeGreyOfLight() {
  const greys = new Uint8ClampedArray(FULL + 2);
  for (let light = 0, grey = 0; light < greys.length; light++) {
    while (grey < 254 && LIGHT_OF_BYTE[grey + 1] < light / FULL) grey++;
    const [low, high] = [LIGHT_OF_BYTE[grey], LIGHT_OF_BYTE[grey + 1]];
    greys[light] = Math.min(255, grey + (light / FULL - low) / (high - low));
  }
  return greys;
}

/**
 * Prepare to paint a photograph of a size.
 *
 * chroma: {data, width, height, channels: 2} in [0, 1]; it is enlarged bilinearly.
 * Returns a function that paints a strip of RGBA bytes, whose first row is `top`, in place.
 */
export function painter(chroma, width, height) {
  const { bytes, low, high } = asBytes(chroma);
  const table = tableOfColors(low, high);
  const enlarged = horizontally(bytes, weights(chroma.width, width, BILINEAR));
  const rows = weights(chroma.height, height, BILINEAR);
  const ab = new Uint8ClampedArray(width * 2);
  return (strip, top) => {
    for (let y = 0; y < strip.height; y++) {
      mixRow(enlarged, rows[top + y], ab);
      paintRow(strip.data, y * width * 4, ab, table);
    }
  };
}

/** a and b as bytes, each scaled to its own range. */
function asBytes(chroma) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  const ab = chroma.data.map((value) => value * 255 - 128);
  ab.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2], value);
    high[i % 2] = Math.max(high[i % 2], value + 1e-3);
  });
  const scaled = Uint8ClampedArray.from(ab, (value, i) => (255 * (value - low[i % 2])) / (high[i % 2] - low[i % 2]));
  return { bytes: { ...chroma, data: scaled }, low, high };
}

/** The table (b, a, grey) -> RGB of that lightness, 0 to 255. a and b go from `low` to `high`. */
function tableOfColors(low, high) {
  const table = new Float32Array(TABLE ** 3 * 3);
  const part = (n) => n / (TABLE - 1);
  const lightness = Array.from({ length: TABLE }, (_, n) => lightnessOfGrey(part(n)));
  for (let i = 0, at = 0; i < TABLE; i++) {
    const b = low[1] + part(i) * (high[1] - low[1]);
    for (let j = 0; j < TABLE; j++) {
      const a = low[0] + part(j) * (high[0] - low[0]);
      for (let k = 0; k < TABLE; k++, at += 3) {
        table.set(rgbOfLab(lightness[k], a, b).map((value) => value * 255), at);
      }
    }
  }
  return table;
}

// Where a byte lies on an axis of the table: the step below it, and the part of the way to the next one.
const STEP = Uint8Array.from({ length: 256 }, (_, byte) => Math.min(TABLE - 2, Math.floor((byte * (TABLE - 1)) / 255)));
const PART = Float32Array.from(STEP, (step, byte) => (byte * (TABLE - 1)) / 255 - step);
const [K, J, I] = [3, TABLE * 3, TABLE * TABLE * 3]; // from one entry to the next along grey, a and b

function paintRow(data, at, ab, table) {
  for (let x = 0; x < ab.length; x += 2, at += 4) {
    const grey = greyOfLight[lightOf[0][data[at]] + lightOf[1][data[at + 1]] + lightOf[2][data[at + 2]]];
    const [k, j, i] = [PART[grey], PART[ab[x]], PART[ab[x + 1]]];
    let p = STEP[grey] * K + STEP[ab[x]] * J + STEP[ab[x + 1]] * I;
    for (let channel = 0; channel < 3; channel++, p++) {
      const lowA = table[p] + k * (table[p + K] - table[p]);
      const highA = table[p + J] + k * (table[p + J + K] - table[p + J]);
      const lowB = lowA + j * (highA - lowA);
      const q = p + I;
      const lowA2 = table[q] + k * (table[q + K] - table[q]);
      const highA2 = table[q + J] + k * (table[q + J + K] - table[q + J]);
      data[at + channel] = lowB + i * (lowA2 + j * (highA2 - lowA2) - lowB);
    }
  }
}
