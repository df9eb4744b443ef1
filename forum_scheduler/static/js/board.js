// The board: pick a card (drag, click, tap or Space), see where it fits, put it down. The server judges every step
// and has the last word; without this module the cards are links to pages with the same steps as forms.
import { Grid } from "./board-grid.js";
import { Server } from "./board-server.js";
import { toast } from "./toast.js";

const FAR = 5; // pixels that the pointer moves before a press is a drag
const REST = 350; // milliseconds that a finger rests on a card before it takes it along
const PAUSE = 3000; // milliseconds between two looks at what others do
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class Board {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.grid = new Grid(root);
    this.server = new Server(root);
    this.picked = null; // { card, id, fits }
    this.open = []; // the cells where the picked card fits
    this.shown = -1; // the one of them that was shown last
    this.target = null; // a cell, or the tray
    this.bar = root.querySelector("[data-board-bar]");
    this.here = this.part("put"); // puts the card where it is shown
    this.listen();
    this.watch();
  }

  part(name) {
    return this.root.querySelector(`[data-board-${name}]`);
  }

  listen() {
    const { root } = this;
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("pointerdown", (event) => this.pressed(event));
    root.addEventListener("keydown", (event) => this.typed(event));
    // A finger that carries a card neither scrolls nor opens the menu of the link that the card is.
    document.addEventListener("touchmove", (event) => this.drag && event.preventDefault(), { passive: false });
    root.addEventListener("contextmenu", (event) => this.drag && event.preventDefault());
    root.addEventListener("dragstart", (event) => event.preventDefault());
    for (const name of ["pointerover", "focusin"]) root.addEventListener(name, (event) => this.foresee(event.target));
    root.addEventListener("pointermove", (event) => {
      // On its way to a button of the bar the mouse aims at nothing else.
      if (!this.picked || this.drag || event.pointerType === "touch" || this.bar.contains(event.target)) return;
      this.aim(this.grid.placeOf(event.target));
    });
    this.part("cancel").addEventListener("click", () => this.leave());
    this.part("next").addEventListener("click", () => this.next());
    this.here.addEventListener("click", () => this.put(this.target));
    this.part("remove").addEventListener("click", () => this.step("remove"));
    this.part("lock").addEventListener("click", () => this.step(this.isLocked() ? "unlock" : "lock"));
    for (const action of ["undo", "redo"]) {
      document.querySelector(`[data-board-${action}]`)?.addEventListener("submit", (event) => {
        event.preventDefault();
        this.send({ action });
      });
    }
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select");
      if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      this.send({ action: event.shiftKey ? "redo" : "undo" });
    });
  }

  // Picking

  foresee(element) {
    const card = element.closest?.("[data-meeting]");
    if (card && !this.picked) this.server.fits(card.dataset.meeting);
  }

  async pick(card) {
    this.leave();
    const id = card.dataset.meeting;
    const picked = (this.picked = { card, id, fits: null });
    card.setAttribute("aria-current", "true");
    this.bar.hidden = false;
    this.part("name").textContent = card.querySelector(".board-title").textContent;
    this.part("open").href = card.href;
    this.part("lock").textContent = this.part("lock").dataset[this.isLocked() ? "unlock" : "lock"];
    this.part("remove").hidden = !this.grid.cellOf(card);
    this.part("lock").hidden = !this.grid.cellOf(card);
    this.say(this.words.looking);
    picked.fits = await this.server.fits(id);
    if (this.picked !== picked) return;
    if (!picked.fits) return this.say(this.server.out ? this.words.out : this.words.lost);
    this.grid.mark(picked.fits, card);
    this.open = this.grid.open(picked.fits);
    this.shown = -1;
    this.part("next").hidden = !this.open.length;
    this.aim(this.target, true);
    if (!this.target) this.sayPlaces();
  }

  sayPlaces() {
    this.say(this.open.length ? this.words.places.replace("{count}", this.open.length) : this.words.nowhere);
  }

  /** Shows the next place where the picked card fits, wherever on the board that is. */
  next() {
    if (!this.open.length) return;
    this.shown = (this.shown + 1) % this.open.length;
    const place = this.open[this.shown];
    place.scrollIntoView({ block: "center", inline: "center" });
    this.aim(place);
    this.offer();
  }

  /** A button for the place that is shown: neither the finger nor the mouse has to go there. */
  offer() {
    this.here.hidden = !this.target || this.grid.isTray(this.target) || Boolean(this.grid.bad);
  }

  isLocked() {
    return this.picked?.card.hasAttribute("data-locked");
  }

  leave() {
    this.picked?.card.removeAttribute("aria-current");
    this.grid.unmark();
    this.point(null);
    this.picked = null;
    this.open = [];
    this.bar.hidden = true;
    this.part("next").hidden = this.here.hidden = true;
  }

  say(text) {
    this.part("status").textContent = text;
  }

  // Pointing

  point(place, trouble = "") {
    this.grid.frame(place, trouble); // first, since it reads where the place is: no read after a write
    if (place === this.target) return;
    this.target?.classList.remove("board-target");
    this.target = place;
    place?.classList.add("board-target");
  }

  isOverBar({ clientY }) {
    return !this.bar.hidden && clientY >= this.bar.getBoundingClientRect().top;
  }

  /** Says what would come of putting the card into `place`, at once as far as it is known here. */
  aim(place, again = false) {
    if (place === this.target && !again) return;
    if (!this.here.hidden) this.here.hidden = true;
    if (!place || !this.picked?.fits) {
      this.point(place);
      if (this.picked?.fits) this.sayPlaces();
      return;
    }
    const { trouble, other } = this.grid.against(place, this.picked, this.words);
    this.point(place, trouble);
    this.say(`${this.grid.name(place, this.words)}: ${trouble || this.words.fits}`);
    clearTimeout(this.asking);
    if (other) this.asking = setTimeout(() => this.ask(place, other, trouble), 120);
  }

  /** Whether the two could change places: only the server knows. */
  async ask(place, other, trouble) {
    const { slot, table } = this.grid.where(place);
    const answer = await this.server.tried(this.picked?.id, { slot, table, other });
    if (!answer || place !== this.target) return;
    this.say(`${trouble}. ${answer.fits ? this.words.swaps : answer.why.join(" ")}`);
    this.grid.frame(place, answer.fits ? "" : "x");
  }

  put(place) {
    if (!place || !this.picked) return;
    if (this.grid.isTray(place)) return this.grid.cellOf(this.picked.card) ? this.step("remove") : this.leave();
    if (place === this.grid.cellOf(this.picked.card)) return this.leave();
    const { slot, table, other } = this.grid.where(place);
    const present = this.grid.cellOf(this.picked.card);
    this.step(other && present ? "swap" : "move", { slot, table, other });
  }

  clicked(event) {
    if (this.dragged) return event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const card = event.target.closest("[data-meeting]");
    if (card && event.detail === 0) return; // Enter on a link opens it
    if (!this.picked) {
      if (!card) return;
      event.preventDefault();
      return this.pick(card);
    }
    const place = this.grid.placeOf(event.target);
    if (!place) return;
    event.preventDefault();
    if (card === this.picked.card) return this.leave();
    if (event.pointerType === "touch" && place !== this.target) {
      // The first tap says what would come of it, the second does it.
      this.aim(place);
      return this.offer();
    }
    this.put(place);
  }

  // Dragging: with mouse and pen at once; a finger rests on a card first, since it scrolls otherwise

  pressed(event) {
    this.dragged = false;
    const card = event.target.closest("[data-meeting]");
    if (!card || event.button !== 0 || !event.isPrimary) return;
    const finger = event.pointerType === "touch";
    const from = [event.clientX, event.clientY];
    let at = event;
    let frame = 0;
    let inner = finger; // a mouse that takes a card up at an edge means to drag it, not to scroll
    const lift = () => {
      this.drag = this.grid.ghost(card);
      this.drag.addEventListener("wheel", (event) => {
        if (this.grid.scrolled(event)) event.preventDefault();
        frame ||= requestAnimationFrame(follow);
      }, { passive: false });
      this.pick(card);
      frame ||= requestAnimationFrame(follow);
    };
    const rest = finger ? setTimeout(lift, REST) : 0;
    const moved = (move) => {
      if (!this.drag) {
        if (Math.hypot(move.clientX - from[0], move.clientY - from[1]) < FAR) return;
        if (finger) return forget();
        lift();
      }
      at = move;
      frame ||= requestAnimationFrame(follow);
    };
    // Once a frame, however many moves there were.
    const follow = () => {
      frame = 0;
      if (!this.drag) return;
      this.aim(this.isOverBar(at) ? null : this.grid.placeAt(at));
      this.drag.firstElementChild.style.translate = `${at.clientX + 8}px ${at.clientY + 8}px`;
      inner ||= !this.grid.edgeAt(at);
      if (inner && this.grid.scrollAt(at)) frame = requestAnimationFrame(follow);
    };
    const forget = () => {
      clearTimeout(rest);
      document.removeEventListener("pointermove", moved);
      document.removeEventListener("pointerup", over);
      document.removeEventListener("pointercancel", over);
    };
    const over = (up) => {
      forget();
      if (!this.drag) return;
      at = up;
      follow();
      this.drag.remove();
      this.drag = null;
      this.dragged = true;
      if (up.type === "pointerup" && this.target) this.put(this.target);
      else this.leave();
    };
    document.addEventListener("pointermove", moved);
    document.addEventListener("pointerup", over);
    document.addEventListener("pointercancel", over);
  }

  // By keys

  typed(event) {
    const card = event.target.closest("[data-meeting]");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.picked) return this.steered(event);
    if (!card) return;
    if (event.key === " ") {
      event.preventDefault();
      this.pick(card);
      const place = this.grid.cellOf(card) ?? this.grid.first();
      place?.scrollIntoView({ block: "nearest", inline: "nearest" });
      this.aim(place);
    } else if (event.key in STEPS) {
      event.preventDefault();
      this.grid.neighbourCard(card, STEPS[event.key])?.focus();
    } else if (event.key === "l" || event.key === "Delete") {
      event.preventDefault();
      this.pick(card);
      this.step(event.key === "l" ? (this.isLocked() ? "unlock" : "lock") : "remove");
    }
  }

  steered(event) {
    if (event.key in STEPS) {
      event.preventDefault();
      const next = this.grid.neighbour(this.target, STEPS[event.key]);
      next?.scrollIntoView({ block: "nearest", inline: "nearest" });
      this.aim(next);
    } else if (event.key === "Enter" || event.key === " ") {
      if (event.target.closest("button")) return;
      event.preventDefault();
      this.put(this.target);
    } else if (event.key === "Escape") {
      const { card } = this.picked;
      this.leave();
      card.focus();
    } else if (event.key === "n") {
      this.next();
    } else if (event.key === "Delete") {
      this.step("remove");
    } else if (event.key === "l") {
      this.step(this.isLocked() ? "unlock" : "lock");
    }
  }

  // Steps

  step(action, fields = {}) {
    const meeting = this.picked.id;
    this.leave();
    this.send({ action, meeting, ...fields });
  }

  async send(fields) {
    const answer = await this.server.edit(fields);
    if (answer.news?.cards.length) this.take(answer.news);
    if (answer.trouble) return this.refused(answer, fields);
    this.take(answer);
    if (fields.meeting) this.grid.cardOf(fields.meeting)?.focus({ preventScroll: true });
  }

  /** Says why, and offers to push out what stands against it. */
  refused({ trouble, why, pushes }, fields) {
    const text = [trouble, ...(why ?? [])].join(" ");
    if (!pushes?.length) return toast(text, { tone: "bad" });
    const label = this.words.push.replace("{names}", pushes.join(", "));
    const push = () => this.send({ ...fields, other: "", action: "push" });
    toast(text, { tone: "bad", undo: push, label });
  }

  take(news) {
    for (const card of news.cards) {
      if (this.picked?.id === String(card.meeting)) this.leave();
      this.grid.replace(card);
    }
    for (const line of news.told) toast(line, { tone: "info" });
    for (const name of ["undo", "redo"]) {
      const button = document.querySelector(`[data-board-${name}] button`);
      if (button && name in news) button.disabled = !news[name];
    }
    if (this.picked && news.cards.length) this.pick(this.picked.card);
  }

  watch() {
    setInterval(async () => {
      if (document.hidden) return;
      const news = await this.server.news();
      if (news?.cards.length) this.take(news);
    }, PAUSE);
  }
}

export function enhance(root) {
  new Board(root);
}
