/**
 * Keep the app in the browser, so that it opens at once and works offline. site/build.py writes FILES in front of this:
 * each file of the app and its SHA-256. A new version of the app fetches only the files that have changed.
 */
const CACHE = "colorlab"; // worker/cached.js puts the networks there
const keyOf = (path) => new URL(`${path}?${FILES[path].sha256}`, registration.scope).href;

addEventListener("install", (event) => event.waitUntil(keepFiles()));
addEventListener("activate", (event) => event.waitUntil(Promise.all([clients.claim(), forgetOldFiles()])));
addEventListener("fetch", (event) => {
  const path = event.request.url.split("?")[0].slice(registration.scope.length) || "index.html";
  if (event.request.method === "GET" && Object.hasOwn(FILES, path)) event.respondWith(answer(path));
});

async function keepFiles() {
  const cache = await caches.open(CACHE);
  for (const path of Object.keys(FILES)) {
    if (!(await cache.match(keyOf(path)))) await cache.add(keyOf(path));
  }
}

async function forgetOldFiles() {
  const cache = await caches.open(CACHE);
  const kept = new Set(Object.keys(FILES).map(keyOf));
  for (const request of await cache.keys()) {
    if (!kept.has(request.url)) await cache.delete(request);
  }
}

async function answer(path) {
  return (await caches.match(keyOf(path))) ?? fetch(keyOf(path));
}
