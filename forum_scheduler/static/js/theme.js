// Light, dark or as the device says; kept in this browser.
const store = {
  get() {
    try { return localStorage.getItem("theme") ?? "auto"; } catch { return "auto"; }
  },
  set(theme) {
    try {
      if (theme === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // Forbidden storage: the choice lasts until the next page.
    }
  },
};

function apply(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function enhance(fieldset) {
  const show = (theme) => {
    for (const radio of fieldset.querySelectorAll("input")) radio.checked = radio.value === theme;
  };
  show(store.get());
  fieldset.addEventListener("change", (event) => {
    apply(event.target.value);
    store.set(event.target.value);
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== "theme") return;
    apply(store.get());
    show(store.get());
  });
}
