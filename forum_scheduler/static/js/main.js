// Loads a module only where the page has something for it. Everything works without any of them.
const features = [
  ["[data-theme-choice]", "./theme.js"],
  [".menu, .site-nav, .sections", "./nav.js"],
  ["[data-flash]", "./toast.js"],
  ["[data-live]", "./live.js"],
  ["form[data-once]", "./once.js"],
  ["form[data-swap]", "./swap.js"],
  ["form[data-keep]", "./keep.js"],
  ["[data-filter]", "./filter.js"],
  ["[data-keys]", "./keys.js"],
  ["[data-copy]", "./copy.js"],
  ["[data-check-all]", "./check-all.js"],
  ["textarea[maxlength]", "./counter.js"],
  ["[data-board]", "./board.js"],
  ["[data-rank]", "./rank.js"],
  ["[data-focus]", "./focus.js"],
  ["[data-times]", "./times.js"],
  ["[data-passkey], [data-passkey-offer], [data-passkey-none]", "./passkey.js"],
];

const loaded = new Map();

async function load(path) {
  const module = await import(path);
  loaded.set(path, module);
  return module;
}

/**
 * Enhances `root` and what is in it; each element once. Modules that are there already do it before this returns: who
 * types ahead while a fragment is exchanged never meets one that does not work yet.
 */
export async function enhance(root) {
  const wanted = features.filter(([selector]) => root.querySelector(selector) || root.matches?.(selector));
  await Promise.all(
    wanted.map(async ([selector, path]) => {
      const module = loaded.get(path) ?? (await load(path));
      const found = [...root.querySelectorAll(selector)];
      if (root.matches?.(selector)) found.unshift(root);
      for (const element of found) {
        const done = (element.enhancedBy ??= new Set());
        if (done.has(path)) continue;
        done.add(path);
        module.enhance(element);
      }
    }),
  );
}

// live.js and swap.js bring new HTML into the page.
document.addEventListener("fragment", (event) => enhance(event.target));
if (/(?:^|; )arrived=/.test(document.cookie)) (await import("./keep.js")).arrived();
await enhance(document.documentElement);
document.documentElement.dataset.enhanced = "";
