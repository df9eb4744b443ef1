// A classic script in the head, so that the stored theme is there before the first paint.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage can be forbidden; then the device decides.
  }
})();
