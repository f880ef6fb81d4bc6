/** The app: which photograph is open, and what happens when the visitor does something. */
import { makeBrush, drawnStrokes, resetBrush } from "./brush.js";
import { checkPhotograph } from "./checks.js";
import { divideAt } from "./compare.js";
import { chosenColors, makeColorControls, makeStyleControls, showStyle } from "./controls.js";
import { ask, latest, load } from "./engine.js";
import { save } from "./save.js";
import { complain, hideProgress, say, showProgress, stopComplaining } from "./say.js";
import { showScenes } from "./scenes.js";
import { listenForPhotographs } from "./sources.js";

const element = (id) => document.getElementById(id);
const settings = await (await fetch("settings.json")).json();
let photograph = null; // {file, size}
let wanted = 0; // number of the photograph that was chosen last

const loaded = load(settings, showProgress).then(keepForLater, (error) => {
  hideProgress();
  throw new Error("The networks could not be loaded. Check the connection, then load this page again.", { cause: error });
});
loaded.catch(complain);

const how = () => ({ ...chosenColors(), strokes: drawnStrokes() });
const paint = latest("paint", ({ pixels }) => show(element("after"), pixels));
const repaint = () => photograph && paint(how());

makeColorControls(settings, repaint);
makeBrush(repaint);
makeStyleControls(useStyle);
listenForPhotographs(settings.photographs, open);
element("save").addEventListener("click", savePhotograph);

async function open(file, title = file.name) {
  const number = ++wanted;
  await telling("The photograph is being coloured.", async () => {
    await checkPhotograph(file);
    await loaded;
    if (number !== wanted) return; // another one was chosen meanwhile
    const opened = await read(file, () => ask("openPhotograph", { file, settings }));
    if (number !== wanted) return;
    photograph = { file, size: opened.size };
    showOpened(opened, title);
    await repaint();
    element("title").focus({ preventScroll: true });
    scrollTo(0, 0);
  });
}

function showOpened({ size, scenes, pixels }, title) {
  element("start").hidden = true;
  element("work").hidden = false;
  element("title").textContent = title;
  element("size").textContent = `${size.width} × ${size.height} pixels`;
  element("work").style.setProperty("--shape", pixels.width / pixels.height);
  show(element("before"), pixels);
  showScenes(scenes);
  showStyle(null);
  resetBrush(pixels);
  divideAt(50);
}

/** Use the mood of another photograph. Returns whether that went well. */
function useStyle(file) {
  return telling("The mood is being taken over.", async () => {
    if (file) await checkPhotograph(file);
    await read(file, () => ask("takeStyle", { file }));
    await repaint();
  });
}

function savePhotograph() {
  return telling("The photograph is being painted in full size.", () => save(photograph, how()));
}

/** Do something while a sentence says so. Returns whether it went well; if not, a message says why. */
async function telling(sentence, action) {
  stopComplaining();
  say(sentence);
  try {
    await action();
    say();
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

async function read(file, action) {
  try {
    return await action();
  } catch (error) {
    console.error(error);
    throw new Error(`“${file?.name}” could not be read to its end. It may be damaged: get a whole copy of it.`);
  }
}

function show(canvas, pixels) {
  Object.assign(canvas, { width: pixels.width, height: pixels.height });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** Now that the networks are in the cache, the service worker adds the rest: then the app works offline. */
function keepForLater() {
  hideProgress();
  return navigator.serviceWorker?.register("service-worker.js").catch(() => {});
}
