// The list of follow-ups: d marks the row under the cursor done at once, and the cursor stays where it was.
(() => {
  "use strict";
  const KEY = "follow-ups-row";
  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const current = () => document.querySelector("tr[data-row].cur");
  const remember = () => {
    const at = rows().indexOf(current());
    if (at >= 0) sessionStorage.setItem(KEY, String(at));
  };

  // Before the keys of every page, for which d is an act of the bulk bar.
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (event.key !== "d" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    if (document.querySelector("dialog[open]") || document.querySelector("tr input[name=pick]:checked")) return;
    const box = current()?.querySelector("[role=checkbox][aria-checked=false]");
    if (!box) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    box.click();
  }, true);
  window.addEventListener("pagehide", remember);

  const last = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const list = rows();
  if (last === null || !list.length) return;
  const row = list[Math.min(Number(last), list.length - 1)];
  row.classList.add("cur");
  row.querySelector("a")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
})();
