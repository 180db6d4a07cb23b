/* The frame: Escape and a click elsewhere close the phone's menu, a refused form begins at its first wrong field, and a
   part of a page that cannot be fetched alone is fetched as a page, so that whoever was signed out, or whom something
   failed, sees why. */
(() => {
  const openMenu = () => document.querySelector(".menu[open]");
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && openMenu();
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    const menu = openMenu();
    if (menu && !menu.contains(event.target)) menu.open = false;
  });

  document.querySelector("main form [aria-invalid='true']")?.focus();

  /* A form that says so is sent as soon as something else is chosen in it. */
  document.addEventListener("change", ({ target }) => target.closest("form[data-submits]")?.requestSubmit());

  const asPage = (detail) => {
    const { requestPath } = detail.pathInfo;
    if (detail.requestConfig.verb === "get") window.location.assign(requestPath);
    else window.location.reload();
  };
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { xhr } = detail;
    if (xhr.status < 400 && new URL(xhr.responseURL).pathname.startsWith("/sign-in/")) {
      detail.shouldSwap = false;
      asPage(detail);
    }
  });
  document.addEventListener("htmx:responseError", ({ detail }) => asPage(detail));
})();
