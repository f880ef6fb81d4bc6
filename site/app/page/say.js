/** Tell the visitor something: what is going on, what is loading, or what is wrong and what to do about it. */
const element = (id) => document.getElementById(id);

/** Say what is going on, or nothing. Screen readers read it out. */
export function say(text = "") {
  element("status").textContent = text;
  element("status").hidden = !text;
}

export function complain(error) {
  say();
  element("error-text").textContent = error.message;
  element("error").hidden = !error.message;
}

export const stopComplaining = () => complain({ message: "" });

export function showProgress({ loaded, all }) {
  const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
  element("loading").hidden = loaded >= all;
  element("progress").value = loaded / all;
  element("loading-text").textContent = `The networks are loading: ${megabytes(loaded)} of ${megabytes(all)} MB.`;
}

export const hideProgress = () => (element("loading").hidden = true);

element("error-close").addEventListener("click", stopComplaining);
