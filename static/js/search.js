// The search box: hits as one types, by arrow keys. Without this file it is a form that leads to the page of results.
(() => {
  "use strict";
  const form = document.querySelector("[data-search]");
  if (!form) return;
  const input = form.querySelector("input");
  const pop = form.querySelector("#gs-pop");
  const said = form.querySelector("#gs-status");
  const SHORTEST = 2;
  let at = -1;

  const options = () => [...pop.querySelectorAll("[role=option]")];
  const choose = (place) => {
    const all = options();
    at = place;
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
    if (at < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    pop.hidden = !pop.childElementCount;
    input.setAttribute("aria-expanded", String(!pop.hidden && options().length > 0));
  };
  const hide = () => {
    pop.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };
  const isShort = () => input.value.trim().length < SHORTEST;

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = options().length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      if (pop.hidden) show();
      // One step beyond the last hit is the box itself.
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((at + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && !pop.hidden && at >= 0) {
      event.preventDefault();
      options()[at].click();
    } else if (event.key === "Escape" && !pop.hidden) {
      event.preventDefault();
      event.stopPropagation();
      hide();
    }
  });
  input.addEventListener("input", () => {
    choose(-1);
    if (isShort()) {
      pop.replaceChildren();
      hide();
    }
  });
  input.addEventListener("focus", () => { if (!isShort()) show(); });
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) hide(); });
  // A hit that is pressed leaves the focus in the box, or the hits would be gone before the click.
  pop.addEventListener("pointerdown", (event) => event.preventDefault());
  form.addEventListener("submit", (event) => { if (!input.value.trim()) event.preventDefault(); });
  window.addEventListener("pageshow", hide);

  input.addEventListener("htmx:beforeRequest", (event) => { if (isShort()) event.preventDefault(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // An answer that comes after the box was emptied or left is of no use any more.
    if (event.detail.target === pop && (isShort() || document.activeElement !== input)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== pop) return;
    choose(-1);
    show();
    said.textContent = pop.querySelector("[data-announce]")?.dataset.announce || "";
  });
})();
