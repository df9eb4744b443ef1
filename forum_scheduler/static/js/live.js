// <div data-live="URL" data-every="2" data-done="URL">: shows the server's fragment anew every few seconds.
// Ends when an answer has the header X-Live: done; then goes to data-done, where given.
// Screen readers hear the text of [data-announce] inside when it changes, and the whole only where there is none.
import { word } from "./words.js";

const LONGEST_PAUSE = 60;

function announcer(element) {
  if (!element.querySelector("[data-announce]")) {
    element.setAttribute("aria-live", "polite");
    return () => {};
  }
  const region = document.createElement("p");
  region.className = "visually-hidden";
  region.setAttribute("aria-live", "polite");
  element.after(region);
  return () => {
    const text = [...element.querySelectorAll("[data-announce]")].map((part) => part.textContent.trim()).join(". ");
    if (region.textContent !== text) region.textContent = text;
  };
}

// What the reader opened, typed into or stands on survives the exchange; elements are known by their id or order.
function snapshot(element) {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  return {
    open: [...element.querySelectorAll("details")].map((details) => details.open),
    focusId: active?.id || null,
    focusIndex: active ? [...element.querySelectorAll("a, button, input, summary")].indexOf(active) : -1,
  };
}

function restore(element, before) {
  element.querySelectorAll("details").forEach((details, index) => { details.open = before.open[index] ?? details.open; });
  const byId = before.focusId ? document.getElementById(before.focusId) : null;
  const target = byId ?? (before.focusIndex >= 0 ? element.querySelectorAll("a, button, input, summary")[before.focusIndex] : null);
  target?.focus({ preventScroll: true });
}

export function enhance(element) {
  const every = Number(element.dataset.every) || 2;
  const announce = announcer(element);
  const trouble = document.createElement("p");
  trouble.className = "live-trouble";
  trouble.setAttribute("role", "status");
  element.after(trouble);
  let failures = 0;
  let shown = null;

  const show = (html) => {
    if (html === shown) return;
    shown = html;
    const before = snapshot(element);
    element.innerHTML = html;
    restore(element, before);
    element.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
    announce();
  };

  const finish = () => {
    element.removeAttribute("data-live");
    if (element.dataset.done) location.assign(element.dataset.done);
  };

  const ask = async () => {
    if (!element.isConnected) return;
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    try {
      const answer = await fetch(element.dataset.live, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      // A redirect is the sign-in page, not the fragment: load the page anew instead of showing it inside.
      if (answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      failures = 0;
      trouble.textContent = "";
      if (answer.headers.get("X-Live") === "done") return finish();
    } catch {
      failures += 1;
      trouble.textContent = word("offline");
    }
    setTimeout(ask, Math.min(every * 2 ** failures, Math.max(every, LONGEST_PAUSE)) * 1000);
  };
  setTimeout(ask, every * 1000);
}
