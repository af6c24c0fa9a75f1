// Keys, menus, drawer, dialog, selection and toasts. Every page and form also works without this file.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const drawer = find("#drawer");
  const dialog = find("#dialog");
  let opener = null;

  // Theme -------------------------------------------------------------------------------------------------
  const switchTheme = () => {
    const root = document.documentElement;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.bsTheme);
    } catch {
      // Private windows may refuse to store; the choice then lasts for this page.
    }
  };

  // Toasts ------------------------------------------------------------------------------------------------
  const toast = (text) => {
    const box = find("#toast-template").content.firstElementChild.cloneNode(true);
    find("span", box).textContent = text;
    find("#toasts").append(box);
  };
  const dismissLater = () =>
    all(".toast-box.t-success").forEach((box) => window.setTimeout(() => box.remove(), 8000));

  // Side navigation on narrow screens ---------------------------------------------------------------------
  const toggleSide = (show) => {
    const side = find("#side");
    const button = find("[data-menu]");
    const open = show ?? !side.classList.contains("show");
    side.classList.toggle("show", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) find("a", side).focus();
  };

  // Rows: the current one, the picked ones -----------------------------------------------------------------
  const rows = () => all("tr[data-row]");
  const current = () => find("tr[data-row].cur");
  const makeCurrent = (row) => {
    rows().forEach((other) => other.classList.toggle("cur", other === row));
    const link = find("a", row);
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(current());
    makeCurrent(list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)]);
    if (drawer && !drawer.hidden) preview(current());
  };
  const preview = (row) => {
    const link = row && find("[data-preview]", row);
    if (link) link.click();
  };
  const picks = () => all("tr input[name=pick]");
  const showPicked = () => {
    const bar = find("#bulk");
    if (!bar) return;
    const boxes = picks();
    const count = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => box.closest("tr").classList.toggle("picked", box.checked));
    bar.hidden = count === 0;
    find("[data-count]", bar).textContent = String(count);
    const everything = find("[data-pick-all]");
    if (everything) {
      everything.checked = count > 0 && count === boxes.length;
      everything.indeterminate = count > 0 && count < boxes.length;
    }
  };
  const pick = (row, on) => {
    const box = row && find("input[name=pick]", row);
    if (!box) return;
    box.checked = on ?? !box.checked;
    showPicked();
  };

  // Drawer and dialog ---------------------------------------------------------------------------------------
  const closeDrawer = () => {
    if (!drawer || drawer.hidden) return;
    drawer.hidden = true;
    drawer.replaceChildren();
    const address = new URL(window.location.href);
    if (address.searchParams.has("preview")) {
      address.searchParams.delete("preview");
      window.history.replaceState(window.history.state, "", address);
    }
    const back = current() || opener;
    if (back) (find("a", back) || back).focus();
  };
  const closeDialog = (box) => {
    box.close();
    if (box === dialog) {
      const done = find("[data-reload]", box);
      find("#dialog-body").replaceChildren();
      if (done) window.location.reload();
    }
    if (opener && document.contains(opener)) {
      // What opened the dialog may sit in a menu that is closed by now: its button takes the focus.
      const menu = opener.closest("details:not([open])");
      (menu ? find("summary", menu) : opener).focus();
    }
  };
  const focusInside = (box) => {
    const target =
      find("[aria-invalid=true]", box) || find(".is-invalid", box) || find("[autofocus]", box) ||
      find("input:not([type=hidden]), select, textarea", box) || find("button[type=submit]", box) || find("button, a", box);
    if (target) target.focus();
  };

  // Keys --------------------------------------------------------------------------------------------------------
  const press = (key) => {
    const row = current();
    const inDrawer = drawer && !drawer.hidden && find(`[data-key~="${key}"]`, drawer);
    const target = inDrawer || find(`[data-key~="${key}"]`);
    const onRow = row && !inDrawer && !picks().some((box) => box.checked) && find(`[data-row-key~="${key}"]`);
    if (onRow) {
      // An act on the row under the cursor: a page below the row's own.
      window.htmx.ajax("GET", row.dataset.link.split("?")[0] + onRow.dataset.page, { target: "#dialog-body", swap: "innerHTML" });
      return true;
    }
    if (!target) return false;
    // An act of the bulk bar is about what is selected, else about the row under the cursor; without either there is none.
    if (target.closest("#bulk") && !picks().some((box) => box.checked)) {
      if (!row) return false;
      pick(row, true);
    }
    // A part of the page that is opened by its key is where Tab goes on.
    if (target.closest(".tabs")) document.activeElement.blur();
    if (target.matches("summary")) target.focus();
    target.click();
    return true;
  };
  const keys = {
    "/": () => find("#search")?.focus(),
    "?": () => open(find("#shortcuts")),
    j: () => step(1),
    k: () => step(-1),
    o: () => preview(current() || rows()[0]),
    x: () => pick(current()),
    "[": () => find("[data-previous]:not([hidden])[href]")?.click(),
    "]": () => find("[data-next]:not([hidden])[href]")?.click(),
  };
  const open = (box) => {
    opener = document.activeElement;
    box.showModal();
  };
  const isTyping = (target) => target.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (find("dialog[open]")) return;
      const menu = find("details.menu[open]");
      if (menu) {
        menu.open = false;
        find("summary", menu).focus();
      } else if (find("#side")?.classList.contains("show")) toggleSide(false);
      else if (drawer && !drawer.hidden) closeDrawer();
      else if (isTyping(event.target)) event.target.blur();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || find("dialog[open]")) return;
    if (event.key === "Enter") {
      const row = current();
      if (row?.dataset.link && (event.target === document.body || (row.contains(event.target) && event.target.matches("[name=pick]")))) {
        window.location.assign(row.dataset.link);
      }
      return;
    }
    const action = keys[event.key];
    if (action) {
      event.preventDefault();
      action();
    } else if (/^[a-z1-9]$/.test(event.key) && press(event.key)) event.preventDefault();
  });

  // Clicks ------------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const target = event.target;
    all("details.menu[open]").forEach((menu) => {
      if (!menu.contains(target) || target.closest("a.menu-item")) menu.open = false;
    });
    if (target.closest("[data-theme-switch]")) switchTheme();
    if (target.closest("[data-menu]")) toggleSide();
    else if (find("#side")?.classList.contains("show") && !target.closest("#side")) toggleSide(false);
    const named = target.closest("[data-open-dialog]");
    if (named) open(document.getElementById(named.dataset.openDialog));
    const closer = target.closest("[data-close-dialog]");
    if (closer) {
      const box = closer.closest("dialog");
      if (box) {
        event.preventDefault();
        closeDialog(box);
      }
    }
    if (target.closest("[data-close-drawer]")) {
      event.preventDefault();
      closeDrawer();
    }
    target.closest("[data-close-toast]")?.closest("[data-toast]").remove();
    if (target.closest("[aria-disabled=true]")) event.preventDefault();
    if (target.closest("[data-clear-picks]")) {
      picks().forEach((box) => { box.checked = false; });
      showPicked();
    }
    const row = target.closest("tr[data-row]");
    if (row && !target.closest("a, button, input, label")) makeCurrent(row);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      picks().forEach((box) => { box.checked = event.target.checked; });
      showPicked();
    } else if (event.target.matches("tr input[name=pick]")) showPicked();
    else if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    // A second click on the same button sends nothing; the one-time key in the form is the real guard.
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
  all("dialog").forEach((box) => box.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeDialog(box);
  }));

  // Copying a text that also stands there to be selected by hand -------------------------------------------------
  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without the right to the clipboard, or on a page that is not served safely.
      document.execCommand("copy");
    }
    toast("Copied.");
  };
  all("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  });

  const showCurrentTab = () => find(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

  // htmx ----------------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    find("#progress")?.classList.add("on");
    if (event.detail.target?.id === "dialog-body" || event.detail.target?.id === "drawer") {
      if (!event.detail.elt.closest("dialog")) opener = document.activeElement;
    }
  });
  document.addEventListener("htmx:afterRequest", () => find("#progress")?.classList.remove("on"));
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "dialog-body") {
      if (!dialog.open) dialog.showModal();
      focusInside(dialog);
    }
    if (event.detail.target.id === "drawer") drawer.hidden = false;
    if (event.detail.target.id === "parts" && document.activeElement === document.body) find(".tabpane")?.focus({ preventScroll: true });
    showCurrentTab();
    showPicked();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status === 403) toast("Your role does not allow this.");
    else if (status === 404) toast("It is not there any more.");
    else toast("Something went wrong. Nothing was changed; please try again.");
  });
  document.addEventListener("htmx:sendError", () => toast("The server does not answer. Nothing was changed."));

  showPicked();
  dismissLater();
  showCurrentTab();
  const invalid = find("main .is-invalid");
  if (invalid) invalid.focus();
})();
