// form[data-swap="#id"]: sends the form in the background and takes #id and the messages from the page that answers.
// The server does the same as without scripts: it redirects to the page, with a message.
import { word } from "./words.js";
import { toast } from "./toast.js";

function exchange(page, selector) {
  const fresh = page.querySelector(selector);
  const old = document.querySelector(selector);
  if (!fresh || !old) return null;
  const element = document.importNode(fresh, true);
  old.replaceWith(element);
  return element;
}

function focusNear(list, index) {
  const rows = [...list.querySelectorAll(".row, tbody > tr")];
  const row = rows[Math.min(index, rows.length - 1)] ?? list;
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
}

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  const answer = await fetch(submitter?.formAction || form.action, { method: "POST", body, credentials: "same-origin" });
  const html = await answer.text();
  if (!answer.ok && !html.includes("<html")) throw new Error(String(answer.status));
  return { page: new DOMParser().parseFromString(html, "text/html"), url: answer.url };
}

export function enhance(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const selector = form.dataset.swap;
    const list = document.querySelector(selector);
    const row = form.closest(".row, tr");
    const index = row && list ? [...list.querySelectorAll(".row, tbody > tr")].indexOf(row) : 0;
    const submitter = event.submitter?.name || event.submitter?.hasAttribute("formaction") ? event.submitter : undefined;
    try {
      const { page, url } = await send(form, submitter);
      const fresh = exchange(page, selector);
      // Another page altogether (sign-in, an error): go there.
      if (!fresh) return location.assign(url);
      const flashes = exchange(page, "#flashes");
      fresh.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
      flashes?.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
      focusNear(fresh, index);
      // What went wrong stands at the top, which may be far from the row that was clicked.
      flashes?.querySelector(":scope > .tone-bad, :scope > .tone-warn")?.scrollIntoView({ block: "center" });
    } catch {
      toast(word("failed"), { tone: "bad" });
    } finally {
      form.dispatchEvent(new CustomEvent("sent"));
    }
  });
}
