// What the board asks of the server. Answers about one revision are kept until the next.
import { word } from "./words.js";

const KEPT = 30;

export class Server {
  constructor(root) {
    this.root = root.dataset.root;
    this.words = root.dataset;
    this.revision = Number(root.dataset.revision);
    this.known = new Map();
    this.out = false; // whether the last answer says that the session is over
  }

  async get(path) {
    try {
      const answer = await fetch(`${this.root}${path}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      this.out = answer.redirected; // to the page for signing in
      return answer.ok && !answer.redirected ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  /** Where a meeting fits: a promise, asked for once a revision. */
  fits(meeting) {
    if (!this.known.has(meeting)) {
      if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
      const asked = this.get(`/meetings/${meeting}/fits`).then((found) => {
        if (!found) this.known.delete(meeting);
        return found && { slots: found.slots, tables: new Set(found.tables), closed: new Set(found.closed), far: new Set(found.far) };
      });
      this.known.set(meeting, asked);
    }
    return this.known.get(meeting);
  }

  tried(meeting, fields) {
    return meeting ? this.get(`/meetings/${meeting}/fits?${new URLSearchParams(fields)}`) : null;
  }

  async edit(fields) {
    const body = new FormData(document.querySelector("[data-board-undo]"));
    body.set("seen", this.revision);
    for (const [name, value] of Object.entries(fields)) if (value) body.set(name, value);
    let answer;
    try {
      answer = await fetch(`${this.root}/edit`, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
    } catch {
      return { trouble: this.words.lost };
    }
    // Who is signed out, or works on a draft that is gone, is answered by a page.
    const found = await answer.json().catch(() => null);
    if (!found) return { trouble: answer.status < 500 ? this.words.out : word("failed") };
    if (answer.ok) return this.seen(found);
    const news = await this.news();
    return { trouble: found.message ?? word("failed"), why: found.why, pushes: found.pushes, news };
  }

  async news() {
    const found = await this.get(`/changes?since=${this.revision}`);
    return found && this.seen(found);
  }

  seen(found) {
    if (found.revision !== this.revision) this.known.clear();
    this.revision = found.revision;
    return found;
  }
}
