/* The frame: Escape and a click elsewhere close the phone's menu and every sheet, of which one is open at a time; a sheet
   of paper says when it was printed; a refused form begins at its first wrong field; and a part of a page that cannot be
   fetched alone is fetched as a page, so that whoever was signed out, or whom something failed, sees why. */
(() => {
  const open = () => [...document.querySelectorAll("details:is(.menu, .more)[open]")];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const sheet = open().at(-1);
    if (!sheet) return;
    sheet.open = false;
    sheet.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => {
    for (const sheet of open()) if (!sheet.contains(target)) sheet.open = false;
  });
  document.addEventListener("focusin", ({ target }) => {
    for (const sheet of open()) if (sheet.matches(".more") && !sheet.contains(target)) sheet.open = false;
  });

  /* A sheet that would stick out of the window at the right is turned to the left of its button, before it is painted. */
  const turn = (sheet) => {
    sheet.classList.remove("turned");
    sheet.classList.toggle("turned", sheet.lastElementChild.getBoundingClientRect().right > document.documentElement.clientWidth);
  };
  const opened = new MutationObserver((changes) => {
    for (const { target } of changes) if (target.matches("details.more[open]")) turn(target);
  });
  opened.observe(document.body, { subtree: true, attributeFilter: ["open"] });

  const stamp = () => {
    const line = document.querySelector(".printed");
    if (!line) return;
    const day = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const now = new Intl.DateTimeFormat("en-US", { ...day, timeZone: line.dataset.zone }).format(new Date());
    line.querySelector("[data-printed]").textContent = now;
    line.querySelector("[data-title]").textContent = document.title;
  };
  stamp();
  window.addEventListener("beforeprint", stamp);

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
