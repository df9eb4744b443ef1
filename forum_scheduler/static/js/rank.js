// [data-rank="URL"]: rows are dragged by a grip between the lists [data-part], or go a step by the buttons in them.
// They move at once and the whole order is sent behind them: who steps faster than the line loses no step.
// Pointer events, so that fingers can drag too. Without this script the buttons do the same, a page at a time.
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

/** One step, over the edge of a part into the next one; false at the very top or bottom. As ranking.move(). */
function step(root, row, up) {
  const part = row.closest("[data-part]");
  const rows = rowsOf(part);
  const over = rows[rows.indexOf(row) + (up ? -1 : 1)];
  if (over) {
    if (up) over.before(row);
    else over.after(row);
    return true;
  }
  const all = parts(root);
  const next = all[all.indexOf(part) + (up ? -1 : 1)];
  if (!next) return false;
  if (up) next.append(row);
  else next.prepend(row);
  return true;
}

/** For those who do not see the row move: where it stands now. Outside of what is exchanged, so that it is read out. */
function say(row) {
  const part = row.closest("[data-part]");
  const rows = rowsOf(part);
  document.querySelector("[data-rank-said]").textContent =
    `${part.getAttribute("aria-label")}: ${rows.indexOf(row) + 1} / ${rows.length}`;
}

/** The button that has the focus, by its row and way, so that it keeps it in a page that is exchanged. */
function focused(root) {
  const row = document.activeElement?.closest(".rank-row");
  const way = document.activeElement?.closest("form")?.elements.way?.value;
  return row && root.contains(row) && way ? { id: row.dataset.id, way } : null;
}

function focusAgain(root, had) {
  const row = rowsOf(root).find((each) => each.dataset.id === had.id);
  const form = [...(row?.querySelectorAll("form") ?? [])].find((each) => each.elements.way?.value === had.way);
  form?.querySelector("button").focus({ preventScroll: true });
}

/** Sends orders of `root` one after the other, always the newest, and shows the server's answer to the last. */
class Sender {
  #root;
  #sending = false;
  #stored; // the order that the server has
  #page = null; // its newest answer, not shown yet
  held = false; // a row is being dragged: nothing is exchanged under the finger

  constructor(root) {
    this.#root = root;
    this.#stored = orderOf(root);
  }

  async send() {
    if (this.#sending || this.held) return;
    this.#sending = true;
    try {
      while (orderOf(this.#root) !== this.#stored && !this.held) await this.#post();
      if (this.#page && !this.held) this.#exchange(this.#page);
    } catch {
      this.#putBack();
      toast(word("failed"), { tone: "bad" });
    } finally {
      this.#sending = false;
    }
  }

  async #post() {
    const root = this.#root;
    const order = orderOf(root);
    const body = new FormData();
    for (const name of ["csrf_token", "company"]) {
      const field = root.querySelector(`input[name="${name}"]`);
      if (field) body.append(name, field.value);
    }
    for (const part of parts(root)) for (const row of rowsOf(part)) body.append(part.dataset.part, row.dataset.id);
    const answer = await fetch(root.dataset.rank, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("#ranking")) location.assign(answer.url); // signed out meanwhile
    this.#stored = order;
    this.#page = page;
  }

  #exchange(page) {
    const had = focused(this.#root);
    for (const selector of ["#ranking", "#flashes"]) {
      const fresh = page.querySelector(selector);
      if (!fresh) continue;
      const element = document.importNode(fresh, true);
      document.querySelector(selector)?.replaceWith(element);
      element.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
      if (had && selector === "#ranking") focusAgain(element, had);
    }
    // What the server refused stands at the top, which may be far from the row.
    document.querySelector("#flashes > .tone-bad")?.scrollIntoView({ block: "center" });
  }

  #putBack() {
    const rows = new Map(rowsOf(this.#root).map((row) => [row.dataset.id, row]));
    JSON.parse(this.#stored).forEach((ids, place) => parts(this.#root)[place].append(...ids.map((id) => rows.get(id))));
  }
}

function grip(root, row, sender) {
  const handle = document.createElement("span");
  handle.className = "rank-grip";
  handle.setAttribute("aria-hidden", "true"); // the buttons are for those who do not see it
  handle.textContent = "⠿";
  row.prepend(handle);
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    sender.held = true;
    row.classList.add("rank-held");
    // On the window: an element that moves in the document loses a pointer that it has captured.
    const over = new AbortController();
    const move = (moved) => placeAt(root, row, moved.clientY);
    const drop = () => {
      over.abort();
      row.classList.remove("rank-held");
      for (const each of parts(root)) each.classList.remove("rank-over");
      sender.held = false;
      sender.send();
    };
    window.addEventListener("pointermove", move, { signal: over.signal });
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, drop, { signal: over.signal });
  });
}

export function enhance(root) {
  const sender = new Sender(root);
  for (const row of root.querySelectorAll(".rank-row")) grip(root, row, sender);
  // Before the forms themselves hear of it: a step is no page to wait for.
  root.addEventListener("submit", (event) => {
    const way = event.target.elements.way?.value;
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const row = event.target.closest(".rank-row");
    if (!step(root, row, way === "up")) return;
    (event.submitter ?? event.target.querySelector("button")).focus();
    say(row);
    sender.send();
  }, { capture: true });
}
