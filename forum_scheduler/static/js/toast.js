// Good news moves to the bottom edge, where it can be undone or closed; warnings and errors stay where they are.
import { word } from "./words.js";

const SECONDS = 10;
const READ = 1000; // milliseconds that it is shown at least
const NARROW = matchMedia("(max-width: 40rem)");
const SIGNS = { good: "✓", warn: "!", bad: "×", info: "i" };

function shelf() {
  let element = document.querySelector(".toasts");
  if (!element) {
    element = document.createElement("div");
    element.className = "toasts";
    element.setAttribute("role", "region");
    element.setAttribute("aria-live", "polite");
    element.setAttribute("aria-label", word("messages"));
    document.body.append(element);
  }
  return element;
}

function closeButton(flash) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-close";
  button.setAttribute("aria-label", word("close"));
  button.textContent = "×";
  button.addEventListener("click", () => flash.remove());
  return button;
}

// One can undo as long as the page is open; the rest leaves by itself, but not under the pointer or the focus.
// On a touch screen it leaves with the next tap or scroll: it may lie over what one taps next.
function leaveLater(flash) {
  let timer = 0;
  const start = () => { timer = setTimeout(() => flash.remove(), SECONDS * 1000); };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) flash.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) flash.addEventListener(name, start);
  start();
  const shown = performance.now();
  const leave = (event) => {
    if (flash.isConnected && (performance.now() - shown < READ || event.target.closest?.(".toasts :is(a, button)"))) return;
    document.removeEventListener("touchstart", leave);
    flash.remove();
  };
  document.addEventListener("touchstart", leave, { passive: true });
}

// Where there is little room, what an earlier step had to say makes way for what the newest one says.
let arriving = false;
function makeWay() {
  if (arriving) return;
  arriving = true;
  setTimeout(() => { arriving = false; });
  if (NARROW.matches) shelf().replaceChildren();
}

function settle(flash) {
  flash.append(closeButton(flash));
  makeWay();
  shelf().append(flash);
  if (!flash.querySelector("form, .toast-undo")) leaveLater(flash);
}

export function enhance(flash) {
  const tone = flash.dataset.flash;
  if (tone === "good" || tone === "info") settle(flash);
  else flash.append(closeButton(flash));
}

/** Shows `text`; with `undo` (a function) a button, called `label`, that calls it once. Tones as in the macros. */
export function toast(text, { tone = "good", undo = null, label = "" } = {}) {
  const flash = document.createElement("div");
  flash.className = `flash tone-${tone}`;
  flash.setAttribute("role", tone === "bad" ? "alert" : "status");
  const sign = document.createElement("span");
  sign.className = "sign";
  sign.setAttribute("aria-hidden", "true");
  sign.textContent = SIGNS[tone] ?? "i";
  const words = document.createElement("p");
  words.textContent = text;
  flash.append(sign, words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `button button-quiet toast-undo${label ? " toast-named" : ""}`;
    button.textContent = label || word("undo");
    button.addEventListener("click", () => { flash.remove(); undo(); }, { once: true });
    flash.append(button);
  }
  settle(flash);
  return flash;
}
