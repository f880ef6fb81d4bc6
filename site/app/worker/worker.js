/**
 * All that takes time happens here, so that the page always answers. The page sends {id, task, given}; it gets
 * {id, result} or {id, error} back, and {progress} while the networks load.
 */
import * as photograph from "./photograph.js";
import { loadNetworks } from "./network.js";

const tasks = {
  load: (settings) => loadNetworks(settings, (loaded, all) => postMessage({ progress: { loaded, all } })),
  ...photograph,
};

let last = Promise.resolve(); // tasks run one after the other

onmessage = ({ data: { id, task, given } }) => {
  last = last.then(async () => {
    try {
      const result = await tasks[task](given);
      postMessage({ id, result }, transferable(result));
    } catch (error) {
      postMessage({ id, error: String(error?.message ?? error) });
    }
  });
};

const transferable = (result) => (result?.pixels ? [result.pixels.data.buffer] : []);
