/** The worker as the page sees it: a task goes in, and a promise of its result comes back. */
const worker = new Worker(new URL("../worker/worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
let number = 0;
let onProgress = () => {};

worker.onmessage = ({ data }) => {
  if (data.progress) return onProgress(data.progress);
  const { resolve, reject } = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.error) reject(new Error(data.error));
  else resolve(data.result);
};

export function ask(task, given) {
  return new Promise((resolve, reject) => {
    waiting.set(++number, { resolve, reject });
    worker.postMessage({ id: number, task, given });
  });
}

/** Load the networks. `told({loaded, all})` is called as bytes arrive. */
export function load(settings, told) {
  onProgress = told;
  return ask("load", settings);
}

/**
 * Make of a task one that is asked as often as a slider moves: while the worker is busy with it, only the last call is
 * kept. `use` gets each result.
 */
export function latest(task, use) {
  let running = null;
  let next = null;
  async function run() {
    while (next) {
      const given = next;
      next = null;
      use(await ask(task, given));
    }
  }
  return (given) => {
    next = given;
    running ??= run().finally(() => (running = null));
    return running;
  };
}
