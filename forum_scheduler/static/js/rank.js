// [data-rank="URL"]: rows are dragged by a grip between the lists [data-part]; the new order is sent when dropped.
// Pointer events, so that fingers can do it too. The buttons in the rows do the same, one step at a time.
import { word } from "./words.js";
import { toast } from "./toast.js";

const parts = (root) => [...root.querySelectorAll("[data-part]")];
const rowsOf = (part) => [...part.querySelectorAll(".rank-row")];
const orderOf = (root) => JSON.stringify(parts(root).map((part) => rowsOf(part).map((row) => row.dataset.id)));

function placeAt(root, held, y) {
  const rows = parts(root).flatMap(rowsOf).filter((row) => row !== held);
  const before = rows.find((row) => {
    const box = row.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  const part = parts(root).find((each) => y < each.getBoundingClientRect().bottom) ?? parts(root).at(-1);
  if (before && before.closest("[data-part]") === part) before.before(held);
  else part.append(held);
  for (const each of parts(root)) each.classList.toggle("rank-over", each === part);
}

async function send(root) {
  const body = new FormData();
  for (const name of ["csrf_token", "company"]) {
    const field = root.querySelector(`input[name="${name}"]`);
    if (field) body.append(name, field.value);
  }
  for (const part of parts(root)) for (const row of rowsOf(part)) body.append(part.dataset.part, row.dataset.id);
  try {
    const answer = await fetch(root.dataset.rank, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const selector of ["#ranking", "#flashes"]) {
      const fresh = page.querySelector(selector);
      const old = document.querySelector(selector);
      if (!fresh) return location.assign(answer.url); // signed out meanwhile
      const element = document.importNode(fresh, true);
      old?.replaceWith(element);
      element.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
    }
  } catch {
    toast(word("failed"), { tone: "bad" });
  }
}

function grip(root, row) {
  const handle = document.createElement("span");
  handle.className = "rank-grip";
  handle.setAttribute("aria-hidden", "true"); // the buttons are for those who do not see it
  handle.textContent = "⠿";
  row.prepend(handle);
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const before = orderOf(root);
    row.classList.add("rank-held");
    // On the window: an element that moves in the document loses a pointer that it has captured.
    const over = new AbortController();
    const move = (moved) => placeAt(root, row, moved.clientY);
    const drop = () => {
      over.abort();
      row.classList.remove("rank-held");
      for (const each of parts(root)) each.classList.remove("rank-over");
      if (orderOf(root) !== before) send(root);
    };
    window.addEventListener("pointermove", move, { signal: over.signal });
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, drop, { signal: over.signal });
  });
}

export function enhance(root) {
  for (const row of root.querySelectorAll(".rank-row")) grip(root, row);
}
