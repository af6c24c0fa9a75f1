// Keys of the review desk: digits and j/k/x/n for the checklist. The buttons do the same without this file.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const lines = () => [...document.querySelectorAll("[data-line]")];
  const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;
  let current = "";
  let wantsNote = "";

  const show = () => lines().forEach((line) => line.classList.toggle("cur", line.dataset.line === current));
  const choose = (line) => {
    if (!line) return;
    current = line.dataset.line;
    show();
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = lines();
    const at = list.findIndex((line) => line.dataset.line === current);
    choose(list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)]);
  };
  const tick = (selector) => find(`[data-line="${current}"] ${selector}`)?.click();

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, select, textarea");
    if (!isPlain(event) || typing || find("dialog[open]")) return;
    if (/^[1-9]$/.test(event.key)) {
      const line = find(`[data-line="${event.key}"]`);
      choose(line);
      if (line) tick(".tick-yes");
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "x") tick(".tick-yes");
    else if (event.key === "n") tick(".tick-no");
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line) return;
    current = line.dataset.line;
    show();
    if (event.target.closest(".tick-no")) wantsNote = current;
  });
  // A saved note gives the keys back to the checklist.
  document.addEventListener("submit", (event) => {
    if (event.target.matches(".dnoteform")) choose(event.target.closest("[data-line]"));
  });
  document.addEventListener("htmx:afterSettle", () => {
    show();
    // A line found wanting asks what is wrong with it; Escape leaves the field and the keys work again.
    const note = wantsNote && find(`[data-line="${wantsNote}"] input[name=note]`);
    if (!note) return;
    note.focus();
    wantsNote = "";
  });

  // Keys wait while an answer is on its way and are then pressed on what it brought, so that fast hands end where
  // slow ones do. None reaches a dialog, whose question is to be read first, nor an order that is being left.
  // A page that does not come (it was stopped, or is no page) gives the keys back after a while, Escape at once.
  const LONGEST_WAY = 5000;
  let answersDue = 0;
  let leaving = 0;
  let waiting = [];
  const stay = () => {
    window.clearTimeout(leaving);
    leaving = 0;
    waiting = [];
  };
  const pressWaiting = () => {
    if (find("dialog[open]")) waiting = [];
    if (answersDue || leaving || !waiting.length) return;
    const key = waiting.shift();
    const at = document.activeElement;
    if (!at.matches("input[name=note]") || key === "Escape") {
      at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    } else if (key === "Enter") at.form.requestSubmit();
    else at.setRangeText(key, at.selectionStart, at.selectionEnd, "end");
    pressWaiting();
  };
  window.addEventListener("keydown", (event) => {
    const isField = event.target.matches?.("input, select, textarea") && !event.target.closest(".htmx-request");
    const isKept = event.key.length === 1 || event.key === "Enter" || event.key === "Escape";
    if (!isKept || !isPlain(event) || !event.isTrusted || find("dialog[open]")) return;
    if (leaving && event.key === "Escape") stay();
    const isPress = (event.key === "Enter" || event.key === " ") && event.target.closest?.("a, button, summary");
    if (isPress || (!waiting.length && (!(answersDue || leaving) || isField))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.push(event.key);
  }, true);
  document.addEventListener("htmx:beforeRequest", () => { answersDue += 1; });
  document.addEventListener("htmx:afterRequest", (event) => {
    answersDue -= 1;
    if (!event.detail.successful) waiting = [];
    window.setTimeout(pressWaiting);
  });
  document.addEventListener("click", (event) => {
    const leaves = event.target.closest("[data-previous], [data-next]") && isPlain(event) && !event.shiftKey;
    if (!leaves) return;
    stay();
    leaving = window.setTimeout(stay, LONGEST_WAY);
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    answersDue = 0;
    stay();
  });
})();
