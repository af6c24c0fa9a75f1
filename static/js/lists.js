// Lists: rows that unfold, keys that act on the row under the cursor, what is chosen of several terms.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);

  // A row's items: fetched when they are first asked for, taken away when asked again ---------------------------------
  const fold = (link) => {
    const below = link.closest("tr").nextElementSibling;
    const isOpen = below?.classList.contains("below");
    if (isOpen) below.remove();
    else window.htmx.trigger(link, "unfold");
    link.setAttribute("aria-expanded", String(!isOpen));
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fold]");
    if (!link || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    fold(link);
  });
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll("tr.below > td").forEach((cell) => {
      cell.colSpan = cell.parentElement.previousElementSibling.children.length;
    });
  });

  // Keys: i unfolds the row, others open a dialog about it ------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping || find("dialog[open]")) return;
    const row = find("tr[data-row].cur");
    if (!row || !/^[a-z]$/.test(event.key)) return;
    const link = event.key === "i" && find("[data-fold]", row);
    const dialog = row.getAttribute(`data-act-${event.key}`);
    if (link) fold(link);
    else if (dialog && window.htmx) window.htmx.ajax("GET", dialog, { source: row, target: "#dialog-body", swap: "innerHTML" });
    else return;
    event.preventDefault();
  });

  // The advanced search is drawn anew for another parameter or operator: what somebody types meanwhile stays.
  let typed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const field = document.activeElement;
    typed = event.detail.target.id === "advanced" && field.matches("#advanced input[id]") ? { id: field.id, value: field.value } : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const field = typed && document.getElementById(typed.id);
    if (field?.matches("input")) field.value = typed.value;
    typed = null;
  });

  // Several terms: the closed list says what is ticked ------------------------------------------------------------------
  document.addEventListener("change", (event) => {
    const box = event.target.closest(".several");
    if (!box) return;
    const ticked = [...box.querySelectorAll("input:checked")].map((input) => input.parentElement.textContent.trim());
    find("[data-chosen]", box).textContent = ticked.join(", ") || "Choose";
  });
})();
