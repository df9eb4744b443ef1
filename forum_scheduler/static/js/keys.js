// [data-keys] list: arrows move between rows; a letter presses the row's button with that data-key.
// Letters act only while the focus is in the list, so that nobody answers a request by accident.
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function move(list, row, step) {
  const rows = [...list.querySelectorAll(".row:not([hidden])")];
  const next = rows[rows.indexOf(row) + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
}

export function enhance(list) {
  // One stop for the Tab key leads into the list; from there on the arrows do.
  const first = list.querySelector(".row");
  if (first) first.tabIndex = 0;
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const row = event.target.closest(".row");
    if (!row) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(list, row, event.key === "ArrowDown" ? 1 : -1);
      return;
    }
    // By position too, so that "a" is found on a Cyrillic keyboard.
    const letter = event.key.length === 1 ? event.key.toLowerCase() : "";
    const place = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
    const button = [letter, place].filter((key) => /^[a-z0-9]$/.test(key)).map((key) => row.querySelector(`[data-key="${key}"]`)).find(Boolean);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}
