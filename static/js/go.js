// Keys that lead to another list: g, then a letter. Whatever letter follows g is meant so and does nothing else.
(() => {
  "use strict";
  const PATIENCE = 2000;
  const NEVER = -PATIENCE;
  let since = NEVER;
  const isTyping = (target) => target.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]");

  // On the way down, so that the letter is not taken for a key of the page.
  window.addEventListener("keydown", (event) => {
    const isWaiting = event.timeStamp - since < PATIENCE;
    since = NEVER;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") || !/^[a-z]$/.test(event.key)) return;
    if (!isWaiting) {
      if (event.key === "g") since = event.timeStamp;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    document.querySelector(`#side [data-go="${event.key}"]`)?.click();
  }, { capture: true });
})();
