// Words come translated from the server: base.html holds them in <template id="words">.
const words = document.getElementById("words")?.dataset ?? {};

/** The translated word of a key such as "copied"; empty where base.html has none. */
export const word = (key) => words[key] ?? "";
