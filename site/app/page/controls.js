/** The look, the strength of its colours, and the photograph that lends its mood. */
import { picks } from "./sources.js";

const element = (id) => document.getElementById(id);
const saturation = element("saturation");

/** Make the controls. `changed()` is called when the look or the strength has changed. */
export function makeColorControls(settings, changed) {
  const choose = (look) => {
    setSaturation(look.saturation);
    changed();
  };
  element("looks").append(...settings.looks.map((look) => lookButton(look, settings.look, choose)));
  setSaturation(settings.looks.find((look) => look.name === settings.look).saturation);
  saturation.addEventListener("input", () => {
    showSaturation();
    changed();
  });
}

export const chosenColors = () => ({
  look: document.querySelector("#looks input:checked").value,
  saturation: Number(saturation.value),
});

/** `use(file)` gets the photograph that lends its mood, or null when it is removed. It says whether it is taken. */
export function makeStyleControls(use) {
  picks(element("style-choose"), element("style-file"), async (file) => {
    if (await use(file)) showStyle(file);
  });
  element("style-remove").addEventListener("click", async () => {
    if (await use(null)) showStyle(null);
    element("style-choose").focus();
  });
}

export function showStyle(file) {
  const image = element("style-picture");
  URL.revokeObjectURL(image.src);
  if (file) image.src = URL.createObjectURL(file);
  image.hidden = element("style-remove").hidden = !file;
  element("style-choose").textContent = file ? "Choose another" : "Choose its photograph";
}

function lookButton(look, chosen, choose) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "look", value: look.name, checked: look.name === chosen });
  input.addEventListener("change", () => choose(look));
  label.append(input, Object.assign(document.createElement("span"), { textContent: look.title }));
  return label;
}

function setSaturation(value) {
  saturation.value = value;
  showSaturation();
}

function showSaturation() {
  element("saturation-value").textContent = Number(saturation.value).toFixed(1);
}
