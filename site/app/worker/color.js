/**
 * Colour: sRGB <-> CIE Lab with a D65 white, as colorlab/color.py converts it. A test compares the two.
 */
const XYZ_FROM_RGB = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const RGB_FROM_XYZ = [
  [3.24048134, -1.53715152, -0.49853633],
  [-0.96925495, 1.87599, 0.04155593],
  [0.05564664, -0.20404134, 1.05731107],
];
const WHITE = [0.95047, 1, 1.08883];
export const SHARES = XYZ_FROM_RGB[1]; // how much of its light each of red, green and blue gives to Y

const linear = (value) => (value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92);
const gamma = (light) => (light > 0.0031308 ? 1.055 * light ** (1 / 2.4) - 0.055 : 12.92 * light);
const f = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
const fInverse = (t) => (t > 0.2068966 ? t ** 3 : (t - 16 / 116) / 7.787);
const product = (matrix, vector) => matrix.map((row) => row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2]);

/** The linear light, 0 to 1, of each byte. */
export const LIGHT_OF_BYTE = Float64Array.from({ length: 256 }, (_, byte) => linear(byte / 255));

/** Three bytes -> [L, a, b]. */
export function labOfBytes(red, green, blue) {
  const xyz = product(XYZ_FROM_RGB, [LIGHT_OF_BYTE[red], LIGHT_OF_BYTE[green], LIGHT_OF_BYTE[blue]]);
  const [fx, fy, fz] = xyz.map((value, i) => f(value / WHITE[i]));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** A grey in [0, 1] -> its L in [0, 100]. */
export const lightnessOfGrey = (grey) => 116 * f(linear(grey)) - 16;

/** L, a, b -> [red, green, blue] in [0, 1]. Colours that a screen cannot show are clipped. */
export function rgbOfLab(lightness, a, b) {
  const fy = (lightness + 16) / 116;
  const xyz = [fy + a / 500, fy, Math.max(fy - b / 200, 0)].map((value, i) => fInverse(value) * WHITE[i]);
  return product(RGB_FROM_XYZ, xyz).map((light) => Math.min(1, Math.max(0, gamma(light))));
}

/** RGBA bytes of an image -> L in [0, 100] of each pixel. */
export function lightnessOf(rgba) {
  const found = new Float32Array(rgba.length / 4);
  for (let i = 0, p = 0; i < found.length; i++, p += 4) {
    const light =
      SHARES[0] * LIGHT_OF_BYTE[rgba[p]] + SHARES[1] * LIGHT_OF_BYTE[rgba[p + 1]] + SHARES[2] * LIGHT_OF_BYTE[rgba[p + 2]];
    found[i] = 116 * f(light) - 16;
  }
  return found;
}

/** Move chroma in [0, 1] to `factor` times its distance from grey (colorlab/color.py: saturated). */
export function saturated(chroma, factor) {
  const grey = 128 / 255;
  const data = chroma.data.map((value) => Math.min(1, Math.max(0, grey + factor * (value - grey))));
  return { ...chroma, data };
}
