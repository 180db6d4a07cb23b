/* The search of the frame: the key / leads into it, arrows go through what it found, Escape closes it. */
(() => {
  const fields = () => [...document.querySelectorAll("[data-find]")];
  const found = (field) => document.getElementById(field.getAttribute("aria-controls"));
  const typing = (element) => element.matches("input, textarea, select, [contenteditable]");
  const close = (field) => {
    field.value = "";
    found(field).replaceChildren();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const menu = document.querySelector(".menu");
    if (menu && getComputedStyle(menu.closest(".top")).display !== "none") menu.open = true;
    const field = fields().find((one) => one.offsetParent !== null);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  for (const field of fields()) {
    const form = field.form;
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        // The first Escape closes what was found, the next one the menu that the search stands in.
        if (field.value || found(field).childElementCount) event.preventDefault();
        close(field);
        if (!field.closest("details")) field.blur();
        else if (event.defaultPrevented) field.focus();
        return;
      }
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const stops = [field, ...found(field).querySelectorAll("a")];
      const here = stops.indexOf(document.activeElement);
      const next = stops[here + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault();
      next?.focus();
    });
    document.addEventListener("click", (event) => {
      if (!form.contains(event.target) && found(field).childElementCount) found(field).replaceChildren();
    });
  }
})();
