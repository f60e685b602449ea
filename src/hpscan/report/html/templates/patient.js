"use strict";
(() => {
  const patches = [...document.querySelectorAll("button.patch")];
  const dialog = document.getElementById("large");
  const find = (id) => document.getElementById(id);
  const heatAll = find("heat-all");
  const heat = find("heat");
  let shown = -1;
  let hot = false;

  const press = (button, on) => button && button.setAttribute("aria-pressed", String(on));

  function setHeat(on) {
    hot = on;
    document.body.classList.toggle("hot", on);
    press(heatAll, on);
    press(heat, on);
  }

  function copies(button, selector) {
    return [...button.querySelectorAll(selector)].map((image) => image.cloneNode());
  }

  function show(index) {
    shown = (index + patches.length) % patches.length;
    const button = patches[shown];
    find("pane").replaceChildren(...copies(button, ".pixels > img:not(.reconstruction)"));
    const reconstructions = copies(button, "img.reconstruction");
    reconstructions.forEach((image) => image.classList.remove("reconstruction"));
    find("reconstruction").replaceChildren(...reconstructions);
    find("reconstruction-pane").hidden = reconstructions.length === 0;
    find("large-name").textContent = button.dataset.name;
    find("large-file").textContent = button.dataset.file;
    find("large-says").textContent = `${shown + 1} of ${patches.length}: ${button.dataset.says}`;
    if (!dialog.open) dialog.showModal();
  }

  patches.forEach((button, index) => button.addEventListener("click", () => show(index)));
  document.querySelectorAll("a[data-open]").forEach((link) =>
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(Number(link.dataset.open) - 1);
    }),
  );
  for (const button of [heatAll, heat]) if (button) button.addEventListener("click", () => setHeat(!hot));
  find("previous").addEventListener("click", () => show(shown - 1));
  find("next").addEventListener("click", () => show(shown + 1));
  find("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => shown >= 0 && patches[shown].focus());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (heat && event.key.toLowerCase() === "h") setHeat(!hot);
    else if (dialog.open && event.key === "ArrowLeft") show(shown - 1);
    else if (dialog.open && event.key === "ArrowRight") show(shown + 1);
    else return;
    event.preventDefault();
  });
})();
