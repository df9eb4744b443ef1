// form[data-once]: a second click while the first is under way does nothing.
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
    form.dataset.sent = "";
    // Not `disabled`: a disabled button would not send its name and value.
    event.submitter?.setAttribute("aria-busy", "true");
  });
  form.addEventListener("sent", release);
  // Coming back by the back button finds the form usable again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) release(); });
}
