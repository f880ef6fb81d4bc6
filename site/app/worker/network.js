/**
 * The networks that ship, run by ONNX Runtime Web on one thread: static hosts don't send the headers that threads need.
 */
import * as ort from "../vendor/ort.wasm.min.mjs";
import { cached } from "./cached.js";

const RUNTIME = "vendor/ort-wasm-simd-threaded.wasm";
const SIDE = 128; // pixels; the network sees a square
const app = new URL("../", import.meta.url).href;
const sessions = {};

/** Load all networks. `told(loaded, all)` gets the bytes that are there and the bytes that are needed. */
export async function loadNetworks(settings, told) {
  const paths = [RUNTIME, ...settings.looks.map((look) => look.file)];
  const all = paths.reduce((sum, path) => sum + settings.files[path].bytes, 0);
  let loaded = 0;
  const arrived = (bytes) => told((loaded += bytes), all);
  const [runtime, ...networks] = await Promise.all(
    paths.map((path) => cached(app + path, settings.files[path].sha256, arrived)),
  );
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = runtime;
  ort.env.wasm.wasmPaths = { mjs: app + "vendor/ort-wasm-simd-threaded.mjs" };
  for (const [number, look] of settings.looks.entries()) {
    sessions[look.name] = await ort.InferenceSession.create(networks[number]);
  }
}

/**
 * lightness: Float32Array of 128x128, L in [0, 100]. style: the same of another photograph, whose global features are
 * used, or null. Returns {chroma: {name of a look: image}, scene: a number for each scene}.
 */
export async function predict(settings, lightness, style = null) {
  const two = new ort.Tensor("bool", [style !== null], []);
  const feeds = { lightness: tensor(lightness), whole: tensor(style ?? lightness), two };
  const chroma = {};
  const trunk = settings.looks.find((look) => !look.trunk);
  const answer = await sessions[trunk.name].run(feeds);
  chroma[trunk.name] = image(answer.chroma);
  for (const look of settings.looks.filter((look) => look.trunk)) {
    chroma[look.name] = image((await sessions[look.name].run({ fused: answer.fused })).chroma);
  }
  return { chroma, scene: answer.scene.data };
}

function tensor(lightness) {
  return new ort.Tensor("float32", lightness.map((value) => value / 50 - 1), [1, SIDE, SIDE, 1]);
}

function image({ data, dims: [, height, width, channels] }) {
  return { data, width, height, channels };
}
