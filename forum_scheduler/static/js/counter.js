// textarea[maxlength]: says how many characters are left; aloud only when it gets tight.
import { word } from "./words.js";

export function enhance(area) {
  const line = document.createElement("p");
  line.className = "counter";
  const aloud = document.createElement("span");
  aloud.className = "visually-hidden";
  aloud.setAttribute("role", "status");
  area.after(line, aloud);
  const update = () => {
    const left = area.maxLength - area.value.length;
    line.textContent = `${word("left")} ${left}`;
    line.classList.toggle("counter-low", left <= area.maxLength / 10);
    aloud.textContent = left <= 20 ? line.textContent : "";
  };
  area.addEventListener("input", update);
  update();
}
