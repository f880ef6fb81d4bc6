/** Where photographs come from: a file that is chosen, taken by the camera, dropped or pasted, or one that ships. */
const element = (id) => document.getElementById(id);

/** `open(file, title)` is called with each photograph. The title is given for those that ship. */
export function listenForPhotographs(photographs, open) {
  picks(element("choose"), element("file"), open);
  picks(element("another"), element("file"));
  picks(element("take"), element("camera"), open);
  addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file) open(file);
  });
  listenForDrops(open);
  element("examples").append(...photographs.map((photograph) => example(photograph, open)));
}

/** A button opens a file input. `use` gets the file that is chosen. */
export function picks(button, input, use = null) {
  button.addEventListener("click", () => input.click());
  if (!use) return;
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // the same file may be chosen again
    if (file) use(file);
  });
}

function listenForDrops(open) {
  const veil = element("drop");
  addEventListener("dragover", (event) => {
    event.preventDefault();
    veil.hidden = !event.dataTransfer.types.includes("Files");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    veil.hidden = true;
    const [file] = event.dataTransfer.files;
    if (file) open(file);
  });
}

function example({ file, title }, open) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const image = document.createElement("img");
  Object.assign(image, { src: file, alt: "", loading: "lazy", width: 320, height: 240 });
  const caption = document.createElement("span");
  caption.textContent = title;
  Object.assign(button, { type: "button" }).append(image, caption);
  button.addEventListener("click", async () => {
    const blob = await (await fetch(file)).blob();
    open(new File([blob], file.split("/").at(-1), { type: blob.type }), title);
  });
  item.append(button);
  return item;
}
