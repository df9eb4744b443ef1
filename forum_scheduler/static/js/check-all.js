// input[data-check-all="name"]: ticks all visible boxes of that name in its form, and follows them.
export function enhance(master) {
  // Boxes may stand outside of their form and name it.
  const boxes = () => [...document.querySelectorAll(`input[type=checkbox][name="${master.dataset.checkAll}"]`)]
    .filter((box) => box !== master && box.form === master.form && box.offsetParent !== null);
  const follow = () => {
    const all = boxes();
    const ticked = all.filter((box) => box.checked).length;
    master.checked = all.length > 0 && ticked === all.length;
    master.indeterminate = ticked > 0 && ticked < all.length;
  };
  master.addEventListener("change", () => { for (const box of boxes()) box.checked = master.checked; });
  document.addEventListener("change", (event) => { if (event.target !== master && master.isConnected) follow(); });
  follow();
}
