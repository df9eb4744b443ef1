// button[data-copy="#id"]: copies a field's value or an element's text.
import { word } from "./words.js";
import { toast } from "./toast.js";

export function enhance(button) {
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      toast(word("copied"));
    } catch {
      source.select?.();
      toast(word("copyFailed"), { tone: "warn" });
    }
  });
}
