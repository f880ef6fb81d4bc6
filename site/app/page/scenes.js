/** The kinds of place that the network sees in the photograph, with its probabilities. */
export function showScenes(scenes) {
  document.getElementById("scenes").replaceChildren(...scenes.map(line));
}

function line({ name, probability }) {
  const item = document.createElement("li");
  const percent = `${(100 * probability).toFixed(0)} %`;
  item.style.setProperty("--part", probability);
  item.append(span(name), span(percent));
  return item;
}

const span = (text) => Object.assign(document.createElement("span"), { textContent: text });
