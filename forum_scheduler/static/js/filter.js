// input[data-filter="#id"]: shows only the rows with all the words typed, in any order, without regard to case and accents.
import { word } from "./words.js";

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

export function enhance(input) {
  const count = input.parentElement.querySelector("[data-filter-count]");
  const rows = () => [...document.querySelectorAll(`${input.dataset.filter} :is(.row, tbody > tr, .card, [data-filter-text])`)];
  const apply = () => {
    const wanted = plain(input.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    const all = rows();
    for (const row of all) {
      const text = plain(row.dataset.filterText ?? row.textContent);
      row.hidden = !wanted.every((part) => text.includes(part));
      if (!row.hidden) shown += 1;
    }
    if (count) count.textContent = wanted.length ? `${word("shown")} ${shown} / ${all.length}` : "";
  };
  input.addEventListener("input", apply);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !input.value) return;
    input.value = "";
    apply();
  });
  // A list that was exchanged meanwhile is filtered again.
  document.addEventListener("fragment", apply);
  if (input.value) apply();
}
