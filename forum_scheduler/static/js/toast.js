// Good news moves to the bottom edge, where it can be undone or closed; warnings and errors stay where they are.
import { word } from "./words.js";

const SECONDS = 10;
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
function leaveLater(flash) {
  let timer = 0;
  const start = () => { timer = setTimeout(() => flash.remove(), SECONDS * 1000); };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) flash.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) flash.addEventListener(name, start);
  start();
}

function settle(flash) {
  flash.append(closeButton(flash));
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
