// input[data-check-all="name"]: ticks all visible boxes of that name in its form, and follows them.
export function enhance(master) {
  const boxes = () => [...(master.form ?? document).querySelectorAll(`input[type=checkbox][name="${master.dataset.checkAll}"]`)]
    .filter((box) => box !== master && box.offsetParent !== null);
  const follow = () => {
    const all = boxes();
    const ticked = all.filter((box) => box.checked).length;
    master.checked = all.length > 0 && ticked === all.length;
    master.indeterminate = ticked > 0 && ticked < all.length;
  };
  master.addEventListener("change", () => { for (const box of boxes()) box.checked = master.checked; });
  (master.form ?? document).addEventListener("change", (event) => { if (event.target !== master) follow(); });
  follow();
}
