// form[data-once]: a second click while the first is under way does nothing, nor does one without a connection.
import { word } from "./words.js";
import { toast } from "./toast.js";

export function enhance(form) {
  const release = () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  };
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (navigator.onLine === false) { // the browser's own error page would stand where the form is
      event.preventDefault();
      event.stopImmediatePropagation();
      toast(word("unsent"), { tone: "bad" });
      return;
    }
    form.dataset.sent = "";
    // Not `disabled`: a disabled button would not send its name and value.
    event.submitter?.setAttribute("aria-busy", "true");
  });
  form.addEventListener("sent", release);
  // Coming back by the back button finds the form usable again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) release(); });
}
