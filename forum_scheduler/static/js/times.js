// The calendar of a delegate's free and blocked slots: drawing over cells, arrow keys, whole blocks, and what
// follows from sessions, arrival and departure shown at once. The boxes stay the truth: they are what is sent.
const REST = 350; // milliseconds that a finger rests on a slot before it draws
const FAR = 8; // pixels: what moves further has not rested
const EDGE = 72; // pixels from the window's edges, and how far the page moves a frame there
const STEP = 8;

export function enhance(form) {
  const cells = [...form.querySelectorAll("[data-slot]")];
  const box = (cell) => cell.querySelector("input[type=checkbox]");
  const taken = (cell) => cell.classList.contains("slot-taken");
  const sessions = [...form.querySelectorAll("input[name=attends]")];
  const [arrival, departure] = ["arrives_at", "leaves_at"].map((name) => form.elements.namedItem(name));

  // From here on a taken slot is refused by this module, so its own box can be sent as it is.
  for (const kept of form.querySelectorAll("[data-kept]")) kept.remove();
  for (const cell of cells) box(cell).disabled = false;

  function set(cell, blocked) {
    if (taken(cell) || box(cell).checked === blocked) return;
    box(cell).checked = blocked;
  }

  /** What besides the hand blocks a cell; "" for nothing. Local times compare as text. */
  function why(cell) {
    if (arrival.value && cell.dataset.start < arrival.value) return form.dataset.arrival;
    if (departure.value && departure.value < cell.dataset.end) return form.dataset.departure;
    const ids = cell.dataset.sessions.split(" ");
    return sessions.find((each) => each.checked && ids.includes(each.value))?.dataset.title ?? "";
  }

  function room() {
    const days = new Map();
    for (const cell of cells) {
      if (!taken(cell) && !box(cell).checked) days.set(cell.dataset.day, (days.get(cell.dataset.day) ?? 0) + 1);
    }
    const most = Number(form.dataset.perDay ?? Infinity);
    const own = [...days.values()].reduce((sum, free) => sum + Math.min(free, most), 0);
    return Math.min(own + Number(form.dataset.others), Number(form.dataset.cap ?? Infinity));
  }

  function show() {
    for (const cell of cells) {
      const reason = why(cell);
      cell.classList.toggle("slot-taken", reason !== "");
      cell.querySelector(".slot-why").textContent = reason;
      if (reason) box(cell).setAttribute("aria-disabled", "true");
      else box(cell).removeAttribute("aria-disabled");
    }
    for (const button of form.querySelectorAll("[data-block-all]")) {
      const open = own(button).some((cell) => !box(cell).checked);
      button.textContent = open ? button.dataset.blockWords : button.dataset.freeWords;
    }
    const left = room() - Number(form.dataset.meetings);
    const words = form.querySelector("[data-times-words]");
    words.textContent = (left < 0 ? form.dataset.short : form.dataset.fits).replace("{n}", Math.abs(left));
    words.classList.toggle("tone-warn", left < 0);
  }

  const own = (button) =>
    [...button.closest("[data-block]").querySelectorAll("[data-slot]")].filter((cell) => !taken(cell));

  for (const button of form.querySelectorAll("[data-block-all]")) {
    button.addEventListener("click", () => {
      const blocked = own(button).some((cell) => !box(cell).checked);
      for (const cell of own(button)) set(cell, blocked);
      show();
    });
  }

  draw(form, cells, { box, taken, set, show });
  walk(form, cells, { box, set, show });
  form.addEventListener("change", show);
  form.addEventListener("click", (event) => {
    const cell = event.target.closest?.("[data-slot]");
    if (cell && taken(cell)) event.preventDefault();
  });
  show();
}

/** A mouse or a pen draws over cells at once. A finger scrolls, and taps single cells; where it rests first, it draws. */
function draw(form, cells, { box, taken, set, show }) {
  let blocked = null; // what is drawn; null while nothing is
  let last = null;
  let pressed = null; // where a finger waits for its rest to be over
  let rest = 0;
  let drawn = false; // the click that follows must not change the box back
  const grid = form.querySelector(".times-grid");
  const cellAt = ({ x, y }) => document.elementFromPoint(x, y)?.closest("[data-slot]");
  const at = (event) => ({ x: event.clientX, y: event.clientY });

  /** All cells from the last one to this one: a quick hand is over several between two events. */
  function reach(place) {
    const cell = cellAt(place);
    if (!cell || cell === last || !cells.includes(cell)) return;
    const [from, to] = [last ?? cell, cell].map((each) => cells.indexOf(each)).sort((one, other) => one - other);
    const between = cells.slice(from, to + 1).filter((each) => each.dataset.day === cell.dataset.day);
    for (const each of last?.dataset.day === cell.dataset.day ? between : [cell]) set(each, blocked);
    last = cell;
    show();
  }

  function begin(cell) {
    blocked = !box(cell).checked;
    last = cell;
    drawn = true;
    set(cell, blocked);
    box(cell).focus({ preventScroll: true });
    show();
  }

  /** While a finger draws at an edge of the window, the page comes after it. */
  function follow() {
    if (blocked === null || !pressed) return;
    const step = pressed.y < EDGE ? -STEP : pressed.y > window.innerHeight - EDGE ? STEP : 0;
    if (step) {
      window.scrollBy({ top: step, behavior: "instant" });
      reach(pressed);
    }
    requestAnimationFrame(follow);
  }

  function end() {
    clearTimeout(rest);
    blocked = pressed = null;
    form.classList.remove("times-drawing");
  }

  grid.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("[data-slot]");
    drawn = false;
    if (!cell || taken(cell) || event.button !== 0 || !event.isPrimary) return;
    if (event.pointerType !== "touch") {
      event.preventDefault();
      begin(cell);
      return;
    }
    pressed = at(event);
    rest = setTimeout(() => {
      begin(cell);
      form.classList.add("times-drawing");
      navigator.vibrate?.(20);
      follow();
    }, REST);
  });
  window.addEventListener("pointermove", (event) => {
    const place = at(event);
    if (blocked !== null) {
      reach(place);
      if (pressed) pressed = place;
    } else if (pressed && Math.hypot(place.x - pressed.x, place.y - pressed.y) > FAR) {
      end(); // it scrolls
    }
  });
  // A finger that draws does not scroll; one that has not rested does, and the browser cancels its pointer then.
  grid.addEventListener("touchmove", (event) => {
    if (blocked !== null && event.cancelable) event.preventDefault();
  }, { passive: false });
  grid.addEventListener("contextmenu", (event) => {
    if (pressed) event.preventDefault();
  });
  // The press has changed the box already: the click that follows must not change it back.
  grid.addEventListener("click", (event) => {
    if (drawn && event.target.closest("[data-slot]") && event.detail > 0) event.preventDefault();
  });
  window.addEventListener("pointerup", (event) => {
    if (blocked !== null) reach(at(event));
    end();
  });
  window.addEventListener("pointercancel", end);
}

/** Arrow keys: up and down in a day, left and right to the same time of another day; with Shift they block too. */
function walk(form, cells, { box, set, show }) {
  const days = [...new Set(cells.map((cell) => cell.dataset.day))].map((day) =>
    cells.filter((cell) => cell.dataset.day === day));
  form.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-slot]");
    if (!cell) return;
    const column = days.findIndex((day) => day.includes(cell));
    const row = days[column].indexOf(cell);
    const aside = (step) => days[column + step]?.[Math.min(row, days[column + step].length - 1)];
    const next = {
      ArrowUp: () => days[column][row - 1],
      ArrowDown: () => days[column][row + 1],
      ArrowLeft: () => aside(-1),
      ArrowRight: () => aside(1),
    }[event.key]?.();
    if (!next) return;
    event.preventDefault();
    if (event.shiftKey) {
      set(next, box(cell).checked);
      show();
    }
    box(next).focus();
  });
}
