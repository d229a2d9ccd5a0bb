/* Keys, focus, copying and announcements. Everything works without this file; it only saves steps.
   Pages speak to it through attributes: data-key, data-go, data-copy, data-stop, data-rows, data-grid,
   data-focus. The map of keys is in apps/ui/keys.py. */
"use strict";

(() => {
  const page = document;
  const all = (selector, within = page) => [...within.querySelectorAll(selector)];
  const one = (selector, within = page) => within.querySelector(selector);
  const shown = (element) => Boolean(element && element.getClientRects().length);
  const editing = (element) =>
    element.closest("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]");

  /* ---------- announcing and moving the focus ---------- */

  const announce = (text) => {
    const region = one("#announce");
    if (!region || !text) return;
    // The same words twice in a row are only read again if the region was empty in between.
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
  };

  const focus = (element) => {
    if (!element) return;
    if (!element.matches("a[href], button, input, select, textarea, summary, [tabindex]")) element.tabIndex = -1;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  };

  // What the page before had to say about this one, such as a decision that was recorded.
  announce(one("[data-announce]")?.textContent);
  page.addEventListener("announce", (event) => announce(event.detail?.value ?? event.detail));

  /* ---------- htmx: empty fields, busy regions, lost connections, focus after a swap ---------- */

  page.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    // Two states that mean the same have the same URL: empty fields go, names are sorted.
    const given = event.detail.parameters;
    const pairs = [...new Set(Object.keys(given))].sort().flatMap((name) => given.getAll?.(name).map((value) => [name, value]) ?? []);
    if (!given.getAll) return;
    for (const [name] of pairs) given.delete(name);
    for (const [name, value] of pairs) if (value !== "") given.append(name, value);
  });

  page.addEventListener("htmx:beforeRequest", (event) => {
    event.detail.target?.setAttribute("aria-busy", "true");
    one("[data-failure]", event.detail.target ?? page)?.remove();
  });

  page.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));

  const fail = (event, kind) => {
    const told = one(`template[data-failed=${kind}]`)?.content.cloneNode(true);
    const region = event.detail.target ?? one("#content");
    if (!told || !region) return;
    const source = event.detail.elt;
    one("[data-retry]", told)?.addEventListener("click", () => {
      if (source.matches("form")) source.requestSubmit();
      else source.click();
    });
    region.prepend(told);
  };
  page.addEventListener("htmx:sendError", (event) => fail(event, "lost"));
  page.addEventListener("htmx:timeout", (event) => fail(event, "lost"));
  page.addEventListener("htmx:responseError", (event) => fail(event, [401, 403].includes(event.detail.xhr.status) ? "refused" : "broken"));

  // What the reader has folded open or shut stays so when it is replaced, with its region or beside it.
  let folds = new Map();
  let held = "";
  const foldName = (fold) => fold.dataset.keep ?? fold.id;
  page.addEventListener("htmx:beforeSwap", () => {
    held = page.activeElement.id;
    folds = new Map(all("details[id], details[data-keep]").map((fold) => [foldName(fold), fold.open]));
  });
  page.addEventListener("htmx:afterSwap", () => {
    for (const fold of all("details[id], details[data-keep]")) if (folds.has(foldName(fold))) fold.open = folds.get(foldName(fold));
    // htmx could not give the focus back to a field that was folded away at that moment.
    if (held && page.activeElement === page.body) page.getElementById(held)?.focus({ preventScroll: true });
  });

  page.addEventListener("htmx:afterSettle", (event) => {
    // An answer may replace more than its target; the focus goes to what stands in the target's place.
    const target = event.detail.target;
    const region = target?.isConnected ? target : page.getElementById(target?.id || event.detail.elt?.id || "");
    const within = region || one("#content");
    if (!within) return;
    const wanted = within.matches("[data-focus]") ? within : one("[data-focus]", within);
    if (wanted) focus(wanted);
    // Filtering keeps the focus in its field; a control that was swapped away leaves it on the region.
    else if (page.activeElement === page.body) focus(one("h1, h2", within) ?? within);
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) within.animate([{ opacity: 0.4 }, { opacity: 1 }], 120);
  });

  /* ---------- copying ---------- */

  page.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      await navigator.clipboard.writeText(button.dataset.copy);
      announce(one("template[data-say=copied]")?.content.textContent);
    }
    // A step that is not allowed is shown and says why; pressing it does nothing.
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  });

  /* ---------- suggestions: the combobox of the search box ---------- */

  const options = (input) => all("[role=option]", page.getElementById(input.getAttribute("aria-controls")));

  const offer = (input, open) => {
    const list = page.getElementById(input.getAttribute("aria-controls"));
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) input.removeAttribute("aria-activedescendant");
  };

  const choose = (input, step) => {
    const found = options(input);
    if (!found.length) return;
    const at = found.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = found[(at + step + found.length + (at < 0 && step < 0 ? 1 : 0)) % found.length];
    for (const option of found) option.setAttribute("aria-selected", String(option === next));
    next.id ||= `option-${found.indexOf(next)}`;
    next.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", next.id);
    offer(input, true);
  };

  const chosen = (input) => options(input).find((option) => option.getAttribute("aria-selected") === "true");
  const open = (option) => (one("a[href]", option) ?? option.closest("a[href]"))?.click();

  page.addEventListener("htmx:afterSwap", (event) => {
    const input = one(`[role=combobox][aria-controls="${event.detail.target?.id}"]`);
    if (input) offer(input, options(input).length > 0 && page.activeElement === input);
  });
  page.addEventListener("focusout", (event) => {
    const input = event.target.closest("[role=combobox]");
    if (input) setTimeout(() => { if (!input.form?.contains(page.activeElement)) offer(input, false); }, 150);
  });

  const comboboxKey = (event, input) => {
    if (event.key === "ArrowDown") choose(input, 1);
    else if (event.key === "ArrowUp") choose(input, -1);
    else if (event.key === "Enter" && input.getAttribute("aria-expanded") === "true" && chosen(input)) open(chosen(input));
    else if (event.key === "Escape" && input.getAttribute("aria-expanded") === "true") offer(input, false);
    else if (event.key === "Escape" && origin?.isConnected && origin !== page.body) focus(origin);
    else return false;
    event.preventDefault();
    return true;
  };

  /* ---------- rows, stops, cells, nodes ---------- */

  const rowsOf = () => {
    const marked = all("[data-rows] > *").filter(shown);
    return marked.length ? marked : all("main .table tbody tr, main .inbox > a, main .terms > a").filter(shown);
  };
  const rowLink = (row) => (row.matches("a[href]") ? row : one("th a[href], .name a[href], a[href], summary", row));

  const walkRows = (step) => {
    const rows = rowsOf();
    const at = rows.findIndex((row) => row.contains(page.activeElement));
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    if (next) focus(rowLink(next) ?? next);
    return Boolean(next);
  };

  const tickRow = () => {
    const row = page.activeElement.closest("tr, li");
    const box = row && one("input[type=checkbox]:not(:disabled)", row);
    if (!box || page.activeElement.matches("button, input, summary")) return false;
    box.click();
    return true;
  };

  const walkStops = (selector, step) => {
    const stops = all(selector).filter(shown);
    if (!stops.length) return false;
    const at = stops.findIndex((stop) => stop.contains(page.activeElement));
    const next = stops[at < 0 ? (step > 0 ? 0 : stops.length - 1) : Math.min(Math.max(at + step, 0), stops.length - 1)];
    focus(one("h2, h3, h4", next) ?? next);
    next.scrollIntoView({ block: "start" });
    return true;
  };

  const walkGrid = (event, grid) => {
    const rows = all("tr", grid).map((row) => all("td a, td button, td input", row)).filter((row) => row.length);
    const y = rows.findIndex((row) => row.includes(page.activeElement));
    if (y < 0) return false;
    const x = rows[y].indexOf(page.activeElement);
    const moves = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1] };
    const ends = event.ctrlKey ? { Home: [0, 0], End: [rows.length - 1, rows.at(-1).length - 1] } : { Home: [y, 0], End: [y, rows[y].length - 1] };
    const [down, across] = moves[event.key] ?? ends[event.key] ?? [];
    if (down === undefined) return false;
    const next = rows[down]?.[across];
    if (next) {
      rows[y][x].tabIndex = -1;
      next.tabIndex = 0;
      focus(next);
    }
    return true;
  };

  const walkGraph = (event, graph) => {
    const node = page.activeElement.closest("[data-node]");
    if (!node) return false;
    const named = (id) => one(`[data-node="${CSS.escape(id)}"]`, graph);
    const ids = { ArrowLeft: node.dataset.up, ArrowRight: node.dataset.down, ArrowUp: node.dataset.above, ArrowDown: node.dataset.below }[event.key];
    if (ids === undefined) return false;
    const next = ids.split(" ").filter(Boolean).map(named).find(Boolean);
    if (next) focus(next);
    return true;
  };

  /* A graph that is wider or taller than its window begins at its focus. */
  const centre = () => {
    for (const graph of all(".graph")) {
      const node = one("[aria-current]", graph)?.getBoundingClientRect();
      if (!node) continue;
      const view = graph.getBoundingClientRect();
      graph.scrollLeft += node.left + node.width / 2 - view.left - graph.clientWidth / 2;
      graph.scrollTop += node.top + node.height / 2 - view.top - graph.clientHeight / 2;
    }
  };
  centre();
  page.addEventListener("htmx:afterSettle", centre);
  // Whoever walked here by keys walks on from the node that they chose.
  if (sessionStorage.getItem("focus-here")) {
    sessionStorage.removeItem("focus-here");
    focus(one(".graph [aria-current]"));
  }

  /* ---------- deciding: a letter chooses, Ctrl+Enter records ---------- */

  const press = (control) => {
    if (control.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
      focus(control);
      control.select?.();
    } else if (control.matches("input[type=checkbox]")) {
      focus(control);
    } else if (control.form && (control.type === "submit" || control.type === "radio")) {
      for (const other of all("[data-chosen]", control.form)) other.removeAttribute("data-chosen");
      control.dataset.chosen = "";
      if (control.type === "radio") control.checked = true;
      announce(control.textContent.trim() || control.closest("label")?.textContent.trim());
      focus(one("textarea", control.form) ?? control);
    } else {
      focus(control);
      control.click();
    }
  };

  const record = () => {
    const form = page.activeElement.closest("form") ?? one("form:has([data-chosen])");
    const button = form && (one("[data-chosen]", form) ?? one("[data-record]", form));
    if (!button) return false;
    form.requestSubmit(button.type === "submit" ? button : undefined);
    return true;
  };

  /* ---------- the keys ---------- */

  let prefix = 0;
  let origin = null;

  const showKeys = async () => {
    const dialog = one("[data-keys-dialog]");
    const link = one("[data-key='?']");
    if (!dialog?.showModal || !link) return false;
    const list = one("[data-keys-list]", dialog);
    if (!list.childElementCount) {
      const answer = await fetch(link.href);
      const help = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".keymap");
      if (!help) return link.click();
      list.append(help);
    }
    dialog.showModal();
    return true;
  };

  const bound = (key) => all(`[data-key="${CSS.escape(key)}"]`).find((control) => shown(control) && control.getAttribute("aria-disabled") !== "true");

  const closeOrLeave = () => {
    const close = one("[data-close]");
    const back = one("[data-back]");
    if (shown(close)) close.click();
    else if (back) back.click();
    else return false;
    return true;
  };

  const single = (event) => {
    const key = event.key;
    if (prefix && Date.now() - prefix < 1000) {
      prefix = 0;
      one(`[data-go="${CSS.escape(key)}"]`)?.click();
      return true;
    }
    prefix = 0;
    if (key === "g") {
      prefix = Date.now();
      return true;
    }
    if (key === "?") {
      showKeys();
      return true;
    }
    if (key === "/") origin = page.activeElement;
    if (key === "f" && page.activeElement.dataset.focusHere) {
      sessionStorage.setItem("focus-here", "yes");
      location.assign(page.activeElement.dataset.focusHere);
      return true;
    }
    const control = bound(key);
    if (control) {
      press(control);
      return true;
    }
    if (key === "j" || key === "k") return walkRows(key === "j" ? 1 : -1);
    if (key === "[" || key === "]") return walkStops("[data-stop]", key === "]" ? 1 : -1);
    if (key === "n") return walkStops("[data-stop=breaking]", 1);
    if (key === " ") return tickRow();
    if (/^[1-9]$/.test(key)) {
      const tab = all(".tabs a")[Number(key) - 1];
      tab?.click();
      return Boolean(tab);
    }
    return false;
  };

  // Lists change their address without loading the page: what is saved is where one is now.
  page.addEventListener("submit", (event) => {
    const query = event.target.querySelector("[data-address-query]");
    if (query) query.value = location.search.slice(1);
  });

  page.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target;
    if (target.matches("[role=combobox]") && comboboxKey(event, target)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (record()) event.preventDefault();
      return;
    }
    const grid = target.closest("[data-grid], .matrix");
    if (grid) {
      if (!event.altKey && walkGrid(event, grid)) event.preventDefault();
      // In a grid the letters belong to the cell, not to the page.
      if (event.key !== "Escape") return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (editing(target)) target.blur();
      else if (!one("dialog[open], :popover-open") && closeOrLeave()) event.preventDefault();
      return;
    }
    if (editing(target) || one("dialog[open]")) return;
    const graph = target.closest(".graph");
    if (graph && walkGraph(event, graph)) return event.preventDefault();
    if (page.documentElement.dataset.letters === "off" && event.key !== " ") return;
    if (event.key.length === 1 && single(event)) event.preventDefault();
  });
})();
