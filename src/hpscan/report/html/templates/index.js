"use strict";
(() => {
  const body = document.querySelector("#patients tbody");
  const rows = [...body.rows];
  const words = document.getElementById("words");
  const boxes = [...document.querySelectorAll("input.show")];
  const order = new Intl.Collator("en", { numeric: true });
  const findings = { detected: 0, indeterminate: 1, not_detected: 2 };

  function filter() {
    const wanted = words.value.trim().toLowerCase();
    const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let n = 0;
    for (const row of rows) {
      const text = `${row.dataset.name} ${row.dataset.notes}`.toLowerCase();
      row.hidden = !(kinds.has(row.dataset.finding) && text.includes(wanted));
      n += row.hidden ? 0 : 1;
    }
    document.getElementById("count").textContent = `${n} of ${rows.length} shown`;
  }

  function compare(key) {
    if (key === "name") return (a, b) => order.compare(a.dataset.name, b.dataset.name);
    const value = (row) => {
      if (key === "finding") return findings[row.dataset.finding];
      return row.dataset[key] === "" ? NaN : Number(row.dataset[key]);
    };
    return (a, b) => value(a) - value(b);
  }

  function sort(head, button) {
    const key = button.dataset.key;
    const first = key === "name" || key === "finding" ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    const way = head.getAttribute("aria-sort") === first ? other : first;
    for (const column of document.querySelectorAll("th[aria-sort]")) column.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", way);
    const by = compare(key);
    rows.sort((a, b) => {
      const missing = (a.dataset[key] === "") - (b.dataset[key] === ""); // without a value: last, either way
      const difference = missing || (way === "ascending" ? by(a, b) : by(b, a));
      return difference || a.dataset.place - b.dataset.place;
    });
    body.append(...rows);
  }

  words.addEventListener("input", filter);
  for (const box of boxes) box.addEventListener("change", filter);
  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button.closest("th"), button));
  }
  filter(); // a browser that goes back keeps what was typed
})();
