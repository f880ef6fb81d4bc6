/** Before and after: a slider lies over the picture, and what is left of it is shown as it was. */
const divider = document.getElementById("divider");
const picture = document.getElementById("picture");

const show = () => {
  picture.style.setProperty("--divided", `${divider.value}%`);
  divider.setAttribute("aria-valuetext", `${divider.value} percent as it was, the rest in colour`);
};

export function divideAt(percent) {
  divider.value = percent;
  show();
}

divider.addEventListener("input", show);
show();
