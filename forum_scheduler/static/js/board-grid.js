// The cells of the board and the cards in them. Only cells that can be seen are marked: there may be 20,000.
const EDGE = 36; // pixels from an edge within which a carried card scrolls
const STEP = 8; // pixels a frame

export class Grid {
  constructor(root) {
    this.root = root;
    this.wrap = root.querySelector(".board-wrap");
    this.tray = root.querySelector("[data-board-tray]");
    this.waiting = this.tray.querySelector("ul");
    const heads = [...(root.querySelector("[data-tables]")?.cells ?? [])];
    this.tables = heads.map((head) => ({ id: head.dataset.table, zone: head.dataset.zone, label: head.firstChild.textContent }));
    this.rows = [...root.querySelectorAll("tbody tr[data-slot]")];
    this.row = new Map(this.rows.map((row, index) => [row.dataset.slot, index]));
    this.column = new Map(this.tables.map((table, index) => [table.id, index]));
    this.marked = [];
    this.cursor = document.createElement("div");
    this.cursor.className = "board-frame";
    this.cursor.hidden = true;
    root.append(this.cursor);
    for (const name of ["scroll", "resize"]) window.addEventListener(name, () => this.frame(this.framed, this.bad), { passive: true });
    this.wrap?.addEventListener("scroll", () => this.later(), { passive: true });
  }

  cell(row, column) {
    return this.rows[row]?.cells[column + 1];
  }

  placeOf(element) {
    return element?.closest?.(".board-grid td") ?? element?.closest?.("[data-board-tray]") ?? null;
  }

  isTray(place) {
    return place === this.tray;
  }

  cellOf(card) {
    return card.closest("td");
  }

  cardOf(meeting) {
    return this.root.querySelector(`[data-meeting="${meeting}"]`);
  }

  /** Ids of slot and table of a cell, and of the meeting that is there. */
  where(cell) {
    const table = this.tables[cell.cellIndex - 1];
    const other = cell.dataset.holds ?? cell.querySelector("[data-meeting]")?.dataset.meeting ?? "";
    return { slot: cell.parentElement.dataset.slot, table: table.id, zone: table.zone, label: table.label, other };
  }

  name(place, words) {
    if (this.isTray(place)) return words.tray;
    const time = place.parentElement.querySelector(".board-time").textContent;
    return words.where.replace("{time}", time).replace("{table}", this.where(place).label);
  }

  /** What stands against putting the picked card there: { trouble, other }. */
  against(place, { card, fits }, words) {
    if (this.isTray(place) || place === this.cellOf(card)) return { trouble: "", other: "" };
    const { slot, table, zone, other } = this.where(place);
    const taken = other && other !== card.dataset.meeting ? other : "";
    if (taken) {
      const title = (place.querySelector(".board-title") ?? this.cardOf(taken)?.querySelector(".board-title"))?.textContent ?? "";
      const both = this.cellOf(card) && !place.dataset.holds;
      return { trouble: words.taken.replace("{title}", title), other: both ? taken : "" };
    }
    return { trouble: this.shut(fits, { slot, table, zone }, words), other: "" };
  }

  shut(fits, { slot, table, zone }, words) {
    if (slot in fits.slots) return fits.slots[slot];
    if (fits.tables.has(Number(table))) return words.unfit;
    if (fits.closed.has(`${slot}-${table}`)) return words.closed;
    if (fits.far.has(`${slot}-${zone}`)) return words.far;
    return "";
  }

  // Marks

  mark(fits, card) {
    this.fits = fits;
    this.card = card;
    this.paint();
  }

  unmark() {
    for (const cell of this.marked) cell.classList.remove("board-ok", "board-no");
    this.marked = [];
    this.fits = null;
  }

  /** Draws the frame around a cell; `bad` where the card can't go. */
  frame(place, bad = "") {
    this.framed = place;
    this.bad = bad;
    const shown = place && !this.isTray(place);
    this.cursor.hidden = !shown;
    if (!shown) return;
    const box = place.getBoundingClientRect();
    this.cursor.style.width = `${box.width}px`;
    this.cursor.style.height = `${box.height}px`;
    this.cursor.style.translate = `${box.left}px ${box.top}px`;
    this.cursor.classList.toggle("board-no", Boolean(bad));
  }

  later() {
    this.frame(this.framed, this.bad);
    if (!this.fits || this.waits) return;
    this.waits = requestAnimationFrame(() => {
      this.waits = 0;
      if (this.fits) this.paint();
    });
  }

  paint() {
    const { rows, columns } = this.seen();
    const fresh = [];
    for (let r = rows[0]; r <= rows[1]; r++) {
      const cells = this.rows[r].cells;
      const slot = this.rows[r].dataset.slot;
      for (let c = columns[0]; c <= columns[1]; c++) {
        const cell = cells[c + 1];
        if (cell.firstElementChild?.dataset?.meeting || cell.dataset.holds) continue;
        const { id, zone } = this.tables[c];
        const no = this.shut(this.fits, { slot, table: id, zone }, { unfit: "x", closed: "x", far: "x" });
        fresh.push([cell, no ? "board-no" : "board-ok"]);
      }
    }
    for (const [cell, name] of fresh) {
      cell.classList.add(name);
      this.marked.push(cell);
    }
  }

  /** First and last row and column in the window of the board. */
  seen() {
    const box = this.wrap.getBoundingClientRect();
    const tops = this.rows.map((row) => row.getBoundingClientRect());
    const inside = tops.map((at, index) => (at.bottom > box.top && at.top < box.bottom ? index : -1)).filter((index) => index >= 0);
    const first = this.cell(0, 0).getBoundingClientRect();
    const from = Math.max(0, Math.floor((box.left - first.left) / first.width));
    const to = Math.min(this.tables.length - 1, Math.ceil((box.right - first.left) / first.width));
    return { rows: [inside[0] ?? 0, inside.at(-1) ?? -1], columns: [from, to] };
  }

  // Neighbours

  first() {
    return this.cell(0, 0);
  }

  neighbour(place, [down, right]) {
    if (!place) return this.first();
    if (this.isTray(place)) return down < 0 ? this.cell(this.rows.length - 1, 0) : place;
    const row = this.rows.indexOf(place.parentElement) + down;
    const column = place.cellIndex - 1 + right;
    return this.cell(row, column) && column >= 0 ? this.cell(row, column) : down > 0 ? this.tray : place;
  }

  /** The next card in a direction, over empty cells. */
  neighbourCard(card, step) {
    let cell = this.cellOf(card);
    if (!cell) return card.closest("li")?.[step[0] + step[1] > 0 ? "nextElementSibling" : "previousElementSibling"]?.querySelector("a");
    for (;;) {
      const next = this.neighbour(cell, step);
      if (next === cell || this.isTray(next)) return null;
      const found = next.querySelector("[data-meeting]");
      if (found) return found;
      cell = next;
    }
  }

  /** Scrolls where a carried card comes near an edge; whether it did. */
  scrollAt({ clientX, clientY }) {
    const box = this.wrap?.getBoundingClientRect();
    if (!box) return false;
    const x = clientX < box.left + EDGE ? -STEP : clientX > box.right - EDGE ? STEP : 0;
    const y = clientY < EDGE * 2 ? -STEP : clientY > innerHeight - EDGE ? STEP : 0;
    const before = [this.wrap.scrollLeft, this.wrap.scrollTop, scrollY].join();
    if (x || y) this.wrap.scrollBy(x, y);
    if (y) scrollBy(0, y);
    return before !== [this.wrap.scrollLeft, this.wrap.scrollTop, scrollY].join();
  }

  ghost(card) {
    const ghost = card.cloneNode(true);
    ghost.removeAttribute("data-meeting");
    ghost.classList.add("board-ghost");
    ghost.style.insetBlockStart = ghost.style.insetInlineStart = "0";
    this.root.append(ghost);
    return ghost;
  }

  // What changed

  /** Puts a card where it is now: { meeting, slots, table, html }. */
  replace({ meeting, slots, table, html }) {
    const old = this.cardOf(meeting);
    old?.closest("li")?.remove();
    old?.remove();
    for (const cell of this.root.querySelectorAll(`[data-holds="${meeting}"]`)) {
      delete cell.dataset.holds;
      cell.classList.remove("board-holds");
      cell.replaceChildren();
    }
    const card = document.createRange().createContextualFragment(html.trim()).firstElementChild;
    if (table === null) {
      const item = document.createElement("li");
      item.dataset.filterText = card.querySelector(".board-title").textContent;
      item.append(card);
      this.waiting.prepend(item);
    } else {
      const cells = slots.map((slot) => this.cell(this.row.get(String(slot)), this.column.get(String(table))));
      cells[0]?.append(card);
      for (const cell of cells.slice(1)) {
        if (!cell) continue;
        cell.dataset.holds = meeting;
        cell.classList.add("board-holds");
      }
    }
    this.count();
  }

  count() {
    const waiting = this.waiting.children.length;
    this.tray.querySelector("[data-board-count]").textContent = waiting;
    this.tray.querySelector("[data-board-none]").hidden = waiting > 0;
  }
}
