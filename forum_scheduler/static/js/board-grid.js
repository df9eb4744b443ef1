// The cells of the board and the cards in them. Only cells that can be seen are marked: there may be 20,000.
const EDGE = 36; // pixels from an edge within which a carried card scrolls
const STEP = 8; // pixels a frame
const LINE = 40; // pixels of a line, where the wheel counts lines

function within(box, x, y) {
  return x >= box.left && x < box.right && y >= box.top && y < box.bottom;
}

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
    this.marked = new Set();
    this.cursor = document.createElement("div");
    this.cursor.className = "board-frame";
    this.cursor.hidden = true;
    root.append(this.cursor);
    for (const name of ["scroll", "resize"]) window.addEventListener(name, () => this.moved(), { passive: true });
    this.wrap?.addEventListener("scroll", () => this.later(), { passive: true });
  }

  cell(row, column) {
    return this.rows[row]?.cells[column + 1];
  }

  placeOf(element) {
    return element?.closest?.(".board-grid td") ?? element?.closest?.("[data-board-tray]") ?? null;
  }

  /** What is at a point of the window, from where things are: asking the browser would walk all cells. */
  placeAt({ clientX: x, clientY: y }) {
    const { box, head, side, left, width, tops, tray } = (this.spots ??= this.measured());
    if (within(tray, x, y)) return this.tray;
    if (!box || !within(box, x, y) || y < head || x < side) return null;
    const row = tops.findIndex((at) => y >= at.top && y < at.bottom);
    return this.cell(row, Math.floor((x - left) / width)) ?? null;
  }

  /** Where things are until something scrolls, or a card is put elsewhere. */
  measured() {
    const tray = this.tray.getBoundingClientRect();
    if (!this.rows.length) return { tray };
    const first = this.cell(0, 0).getBoundingClientRect();
    return {
      tray,
      box: this.wrap.getBoundingClientRect(),
      head: this.wrap.querySelector("thead").getBoundingClientRect().bottom,
      side: this.rows[0].cells[0].getBoundingClientRect().right,
      left: first.left,
      width: first.width,
      tops: this.rows.map((row) => row.getBoundingClientRect()),
    };
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

  isShut(fits, slot, { id, zone }) {
    return Boolean(this.shut(fits, { slot, table: id, zone }, { unfit: "x", closed: "x", far: "x" }));
  }

  isTaken(cell) {
    return Boolean(cell.firstElementChild?.dataset.meeting || cell.dataset.holds);
  }

  /** All free cells where the card fits, in sight or not. */
  open(fits) {
    const rows = this.rows.filter((row) => !(row.dataset.slot in fits.slots));
    return rows.flatMap((row) =>
      [...row.cells].slice(1).filter((cell, column) => !this.isTaken(cell) && !this.isShut(fits, row.dataset.slot, this.tables[column])),
    );
  }

  // Marks

  mark(fits, card) {
    this.fits = fits;
    this.card = card;
    this.paint();
  }

  unmark() {
    for (const cell of this.marked) cell.classList.remove("board-ok", "board-no");
    this.marked.clear();
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

  /** Something scrolled: what is known of where things are is over. */
  moved() {
    this.spots = null;
    this.frame(this.framed, this.bad);
  }

  later() {
    this.moved();
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
        if (this.isTaken(cell) || this.marked.has(cell)) continue;
        fresh.push([cell, this.isShut(this.fits, slot, this.tables[c]) ? "board-no" : "board-ok"]);
      }
    }
    for (const [cell, name] of fresh) {
      cell.classList.add(name);
      this.marked.add(cell);
    }
  }

  /** First and last row and column in the window of the board. */
  seen() {
    const { box, left, width, tops } = this.measured();
    const inside = tops.map((at, index) => (at.bottom > box.top && at.top < box.bottom ? index : -1)).filter((index) => index >= 0);
    const from = Math.max(0, Math.floor((box.left - left) / width));
    const to = Math.min(this.tables.length - 1, Math.ceil((box.right - left) / width));
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

  /** The edge that a point is near, as the step to scroll by; null elsewhere. */
  edgeAt({ clientX, clientY }) {
    const box = this.wrap?.getBoundingClientRect();
    if (!box) return null;
    const x = clientX < box.left + EDGE ? -STEP : clientX > box.right - EDGE ? STEP : 0;
    const y = clientY < EDGE * 2 ? -STEP : clientY > innerHeight - EDGE ? STEP : 0;
    return x || y ? [x, y] : null;
  }

  /** Scrolls where a carried card comes near an edge; whether it did. */
  scrollAt(point) {
    const [x, y] = this.edgeAt(point) ?? [0, 0];
    return this.scroll(x, y, () => y && scrollBy(0, y));
  }

  scroll(x, y, more) {
    const at = () => [this.wrap?.scrollLeft, this.wrap?.scrollTop, scrollY].join();
    const before = at();
    if (x || y) this.wrap?.scrollBy(x, y);
    more?.();
    return before !== at();
  }

  /** Scrolls the board by the wheel while a card is carried over it; whether it did. */
  scrolled({ clientX, clientY, deltaX, deltaY, deltaMode }) {
    if (!this.wrap || !within(this.wrap.getBoundingClientRect(), clientX, clientY)) return false;
    const unit = deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    return this.scroll(deltaX * unit, deltaY * unit);
  }

  /** The card that is carried, on a pane over the whole page: while the pointer is over that, no card below lights
   * up, which would paint all that are in sight anew at each move. */
  ghost(card) {
    const pane = document.createElement("div");
    pane.className = "board-pane";
    const ghost = card.cloneNode(true);
    ghost.removeAttribute("data-meeting");
    ghost.classList.add("board-ghost");
    pane.append(ghost);
    this.root.append(pane);
    return pane;
  }

  // What changed

  /** Puts a card where it is now: { meeting, slots, table, html }. */
  replace({ meeting, slots, table, html }) {
    this.spots = null;
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
