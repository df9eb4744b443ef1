// form[data-keep="key"]: what was typed survives a reload, a wrong turn or a lost connection, as long as the tab is
// open; until the server says by a cookie that it has arrived.
// Passwords, hidden fields and files are never kept.
import { word } from "./words.js";

const kept = "input:not([type=password], [type=hidden], [type=file], [type=submit]), textarea, select";

// Storage can be forbidden; then nothing is kept and nothing breaks.
const memory = {
  get(key) {
    try { return JSON.parse(sessionStorage.getItem(key) ?? "null"); } catch { return null; }
  },
  set(key, value) {
    try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden */ }
  },
  drop(key) {
    try { sessionStorage.removeItem(key); } catch { /* forbidden */ }
  },
};

function values(form) {
  return [...form.querySelectorAll(kept)].map((field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked;
    if (field.multiple) return [...field.selectedOptions].map((option) => option.value);
    return field.value;
  });
}

function fill(form, saved) {
  form.querySelectorAll(kept).forEach((field, index) => {
    const value = saved[index];
    if (value === undefined) return;
    if (field.type === "checkbox" || field.type === "radio") field.checked = value;
    else if (field.multiple) for (const option of field.options) option.selected = value.includes(option.value);
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function note(form, discard) {
  const line = document.createElement("p");
  line.className = "hint";
  line.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = word("discard");
  button.addEventListener("click", () => { discard(); line.remove(); });
  line.append(`${word("kept")} `, button);
  form.prepend(line);
}

/** Forget the form that the server has stored (see interrupted.py). */
export function arrived() {
  const found = /(?:^|; )arrived=([\w-]+)/.exec(document.cookie);
  if (!found) return;
  memory.drop(`keep:${found[1]}`);
  document.cookie = "arrived=; path=/; max-age=0; samesite=lax";
}

export function enhance(form) {
  const key = `keep:${form.dataset.keep}`;
  const fresh = values(form);
  const saved = memory.get(key);
  // A form that came back with errors already holds what was typed.
  const answered = form.querySelector("[aria-invalid], .error-summary") !== null;
  if (Array.isArray(saved) && saved.length === fresh.length && !answered && JSON.stringify(saved) !== JSON.stringify(fresh)) {
    fill(form, saved);
    note(form, () => { fill(form, fresh); memory.drop(key); });
  }
  const keep = () => memory.set(key, values(form));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("sent", arrived); // in the background, see swap.js
}
