/**
 * Get a large file once: from the browser's cache, else from the site, and then it stays in the cache.
 * The service worker uses the same cache (service-worker.js), so the app works offline as soon as it has loaded.
 */
const CACHE = "colorlab";

/** Returns the bytes of a file. `told(bytes)` is called with each part that has arrived. */
export async function cached(url, sha256, told) {
  const key = `${url}?${sha256}`; // another version of the file has another key
  const cache = globalThis.caches && (await caches.open(CACHE)); // only a secure page has caches
  const stored = cache && (await cache.match(key));
  if (stored) {
    const bytes = await stored.arrayBuffer();
    told(bytes.byteLength);
    return bytes;
  }
  const response = await fetch(key);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const bytes = await received(response, told);
  await cache?.put(key, new Response(bytes)).catch(() => {}); // the disk may be full
  return bytes;
}

async function received(response, told) {
  const parts = [];
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    parts.push(value);
    told(value.length);
  }
}
