/** Strokes of colour that are drawn on the picture with a finger, a mouse or the keyboard. */
import { drawStrokes } from "./drawing.js";

const element = (id) => document.getElementById(id);
const COLORS = { sky: "#7ba7d6", leaves: "#5f8f3e", skin: "#d8a07c", earth: "#8c6239", brick: "#a8604f", grey: "#808080" };
const WIDTH = 1 / 420; // of the picture's longer side: one step of the slider of widths
const STEP = 0.02; // of the picture: how far an arrow key moves the brush
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const canvas = element("strokes");
let strokes = [];
let current = null; // the stroke that is being drawn
let cursor = null; // where the keyboard has the brush
let changed = () => {};

export const drawnStrokes = () => strokes.filter((stroke) => stroke !== current);

/** `told()` is called when a stroke is finished or removed. */
export function makeBrush(told) {
  changed = told;
  makeSwatches();
  element("brush").addEventListener("click", () => useBrush(element("brush").getAttribute("aria-pressed") !== "true"));
  element("brush-width").addEventListener("input", showWidth);
  element("undo").addEventListener("click", () => replace(strokes.slice(0, -1)));
  element("clear").addEventListener("click", () => replace([]));
  canvas.addEventListener("pointerdown", (event) => {
    if (current || event.button) return;
    event.preventDefault(); // no text is selected while a line is drawn
    canvas.setPointerCapture(event.pointerId);
    cursor = null;
    begin(placeOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (current && !cursor) event.getCoalescedEvents().concat(event).forEach((part) => extend(placeOf(part)));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => !cursor && finish());
  canvas.addEventListener("keydown", useKey);
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && show((cursor = cursor ?? [0.5, 0.5])));
  canvas.addEventListener("blur", () => (cursor && finish(), show((cursor = null))));
  showWidth();
}

/** Begin anew, for another photograph of a size. */
export function resetBrush({ width, height }) {
  Object.assign(canvas, { width, height });
  current = cursor = null;
  strokes = [];
  useBrush(false);
  show();
}

function useBrush(on) {
  element("brush").setAttribute("aria-pressed", on);
  element("brush").textContent = on ? "Stop drawing" : "Draw colours";
  element("brush-tools").hidden = canvas.hidden = !on;
  element("picture").classList.toggle("drawing", on);
  element("divider").disabled = on;
}

function placeOf(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function begin(point) {
  const color = document.querySelector("#swatches [type=radio]:checked").value;
  current = { color, width: Number(element("brush-width").value) * WIDTH, points: [point] };
  strokes.push(current);
  show();
}

function extend(point) {
  current.points.push(point);
  show();
}

function finish() {
  if (!current) return;
  current = null;
  replace(strokes);
}

function replace(others) {
  strokes = others;
  current = null;
  element("undo").disabled = element("clear").disabled = !strokes.length;
  show();
  changed();
}

function useKey(event) {
  if (event.key === " " || event.key === "Enter") {
    cursor ??= [0.5, 0.5];
    if (current) finish();
    else begin([...cursor]);
  } else if (event.key in ARROWS) {
    const step = event.shiftKey ? STEP / 4 : STEP;
    cursor = (cursor ?? [0.5, 0.5]).map((part, axis) => Math.min(1, Math.max(0, part + step * ARROWS[event.key][axis])));
    if (current) extend([...cursor]);
  } else return;
  event.preventDefault();
  show();
}

function show() {
  const context = canvas.getContext("2d");
  drawStrokes(context, strokes);
  if (!cursor) return;
  const [x, y] = [cursor[0] * canvas.width, cursor[1] * canvas.height];
  const unit = canvas.width / canvas.clientWidth || 1; // a pixel of the screen
  for (const [color, width] of [["#000", 4], ["#fff", 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width * unit;
    context.beginPath();
    context.arc(x, y, 10 * unit, 0, 2 * Math.PI);
    context.stroke();
  }
}

function makeSwatches() {
  const swatches = Object.entries(COLORS).map(([name, color], i) => swatch(name, color, i === 0));
  const own = swatch("your own colour", "#c05a8a");
  const picker = Object.assign(document.createElement("input"), { type: "color", value: "#c05a8a" });
  picker.setAttribute("aria-label", "Choose your own colour");
  picker.addEventListener("input", () => {
    const radio = own.querySelector("input");
    Object.assign(radio, { value: picker.value, checked: true });
    own.style.setProperty("--color", picker.value);
  });
  element("swatches").append(...swatches, own, picker);
}

function swatch(name, color, checked = false) {
  const label = Object.assign(document.createElement("label"), { title: name });
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "color", value: color, checked });
  input.setAttribute("aria-label", name);
  label.style.setProperty("--color", color);
  label.append(input);
  return label;
}

function showWidth() {
  element("brush-width-value").textContent = element("brush-width").value;
}
