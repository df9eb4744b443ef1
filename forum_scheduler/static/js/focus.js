// [data-focus]: what a page must be read from, such as the list of errors, has the focus when it opens.
export function enhance(element) {
  element.focus({ preventScroll: false });
}
