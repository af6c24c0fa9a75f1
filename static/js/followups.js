// The window in which a follow-up is entered: only what belongs to the choice is shown. Without this file all is.
(() => {
  "use strict";
  const fieldOf = (form, name) => form.querySelector(`#div_id_${name}`);

  // General: office and department. Personal: the user.
  const showParty = (form) => {
    const chosen = form.querySelector("[data-whose]:checked");
    if (!chosen) return;
    const isPersonal = chosen.value === "personal";
    for (const name of ["office", "department"]) fieldOf(form, name).hidden = isPersonal;
    fieldOf(form, "assignee").hidden = !isPersonal;
  };

  // A list whose groups belong to another list's choice shows the chosen one's group alone.
  const narrow = (form) => {
    for (const list of form.querySelectorAll("select[data-below]")) {
      const above = form.elements[list.dataset.below];
      const words = above.value ? above.selectedOptions[0].text : "";
      for (const group of list.querySelectorAll("optgroup")) {
        const belongs = !words || group.label === words;
        group.hidden = group.disabled = !belongs;
        if (!belongs && group.contains(list.selectedOptions[0])) list.value = "";
      }
    }
  };
  const show = (form) => {
    showParty(form);
    narrow(form);
  };
  const formsIn = (root) => [...root.querySelectorAll("form")].filter((form) => form.querySelector("[data-whose]"));

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form?.querySelector("[data-whose]")) return;
    const list = event.target;
    // A reason brings its category, a department its office.
    if (list.dataset.below && list.value) {
      const above = form.elements[list.dataset.below];
      const group = list.selectedOptions[0].closest("optgroup");
      const option = [...above.options].find((one) => one.text === group.label);
      if (option) above.value = option.value;
    }
    show(form);
  });
  // A day or a time of one's own says that none of the usual moments is meant.
  document.addEventListener("input", (event) => {
    const another = event.target.form?.querySelector("[name=until][value=another]");
    if (another && /^due_/.test(event.target.name)) another.checked = true;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    formsIn(event.detail.target).forEach(show);
    // Where several moments can be chosen, the arrow keys go on from the one that is.
    if (event.detail.target.id === "dialog-body") event.detail.target.querySelector("[name=until]:checked")?.focus();
  });
  formsIn(document).forEach(show);
})();
