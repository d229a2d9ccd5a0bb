/* The editor of documents: a fault leads to its place in the text. Without this file its line is quoted beside it. */
"use strict";

(() => {
  const place = (text, line, column) => {
    let start = 0;
    for (let n = 1; n < line; n += 1) {
      const end = text.indexOf("\n", start);
      if (end < 0) return [text.length, text.length];
      start = end + 1;
    }
    const end = text.indexOf("\n", start);
    const last = end < 0 ? text.length : end;
    return [Math.min(start + column - 1, last), last];
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    const editor = document.querySelector("[data-editor]");
    if (!link || !editor) return;
    event.preventDefault();
    const line = Number(link.dataset.line);
    const [from, to] = place(editor.value, line, Number(link.dataset.column));
    editor.focus();
    editor.setSelectionRange(from, to);
    // A selection alone does not scroll: the line is brought to the upper third.
    const height = parseFloat(getComputedStyle(editor).lineHeight);
    editor.scrollTop = Math.max(0, (line - 1) * height - editor.clientHeight / 3);
  });
})();
