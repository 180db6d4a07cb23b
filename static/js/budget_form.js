/* The form of a budget: fields that only some periods have are shown for those, and what the scope fits is asked anew
   while it is typed; until the answer is there, the old one is marked as such. */
(() => {
  const period = document.getElementById("id_period");
  if (!period) return;
  const has = (names) => names.split(" ").includes(period.value);
  const suit = () => {
    for (const field of document.querySelectorAll("[data-shown-for]")) field.hidden = !has(field.dataset.shownFor);
    for (const word of document.querySelectorAll("[data-needed-for]")) {
      const needed = has(word.dataset.neededFor);
      word.hidden = needed;
      word.closest(".field").querySelector("input").required = needed;
    }
  };
  period.addEventListener("change", suit);
  suit();

  const fit = document.querySelector(".fit");
  const say = (words) => {
    const line = document.createElement("p");
    line.className = "doubt";
    line.textContent = words;
    fit.replaceChildren(line);
    fit.removeAttribute("aria-busy");
  };
  period.form.addEventListener("input", (event) => {
    if (!event.target.closest("[data-checked]")) return;
    fit.setAttribute("aria-busy", "true");
    fit.dispatchEvent(new Event("check"));
  });
  fit.addEventListener("htmx:afterSwap", () => fit.removeAttribute("aria-busy"));
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    fit.addEventListener(name, (event) => {
      event.stopPropagation();
      say("This could not be checked just now. What you typed is still here.");
    });
  }
  fit.addEventListener("htmx:beforeSwap", (event) => {
    if (!new URL(event.detail.xhr.responseURL).pathname.startsWith("/sign-in/")) return;
    event.stopPropagation();
    event.detail.shouldSwap = false;
    say("You are signed out. Copy what you typed, then load this page again to sign in.");
  });
})();
