// Keys of the review desk: digits and j/k/x/n for the checklist. The buttons do the same without this file.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const lines = () => [...document.querySelectorAll("[data-line]")];
  let current = "";

  const show = () => lines().forEach((line) => line.classList.toggle("cur", line.dataset.line === current));
  const choose = (line) => {
    if (!line) return;
    current = line.dataset.line;
    show();
    line.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = lines();
    const at = list.findIndex((line) => line.dataset.line === current);
    choose(list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)]);
  };
  const tick = (selector) => find(`[data-line="${current}"] ${selector}`)?.click();

  let wantsNote = "";
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || find("dialog[open]")) return;
    if (/^[1-9]$/.test(event.key)) {
      const line = find(`[data-line="${event.key}"]`);
      choose(line);
      if (line) tick(".tick-yes");
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "x") tick(".tick-yes");
    else if (event.key === "n") {
      wantsNote = find(`[data-line="${current}"] .tick-no[aria-pressed=false]`) ? current : "";
      tick(".tick-no");
    } else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line) return;
    current = line.dataset.line;
    show();
    if (event.target.closest(".tick-no[aria-pressed=false]")) wantsNote = current;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "checklist" && event.detail.elt?.id !== "checklist") return;
    show();
    // A line found wanting asks what is wrong with it; Escape leaves the field and the keys work again.
    if (wantsNote) find(`[data-line="${wantsNote}"] input[name=note]`)?.focus();
    wantsNote = "";
  });
})();
