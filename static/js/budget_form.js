/* The form of a budget: fields that only some periods have are shown for those, what the scope fits is asked anew while
   it is typed, and limits per period are filled in by the server. What is asked for and has no answer yet is marked. */
(() => {
  const period = document.getElementById("id_period");
  if (!period) return;
  const { form } = period;
  const has = (names) => names.split(" ").includes(period.value);
  const suit = () => {
    for (const field of document.querySelectorAll("[data-shown-for]")) field.hidden = !has(field.dataset.shownFor);
    for (const word of document.querySelectorAll("[data-needed-for]")) {
      const needed = has(word.dataset.neededFor);
      word.hidden = needed;
      word.closest(".field").querySelector("input").required = needed;
    }
    if (period.value === "custom") document.getElementById("dates").open = true;
  };
  period.addEventListener("change", suit);
  suit();

  const fit = document.querySelector(".fit");
  const said = document.getElementById("said");
  const warn = (words) => Object.assign(document.createElement("p"), { className: "doubt body", textContent: words });
  const UNCHECKED = "This could not be checked just now. What you typed is still here.";
  const SIGNED_OUT = "You are signed out. Copy what you typed, then load this page again to sign in.";
  const say = (words) => {
    fit.replaceChildren(warn(words));
    fit.removeAttribute("aria-busy");
  };
  form.addEventListener("input", (event) => {
    if (!event.target.closest("[data-checked]")) return;
    fit.setAttribute("aria-busy", "true");
    fit.dispatchEvent(new Event("check"));
  });
  fit.addEventListener("htmx:afterSwap", () => {
    fit.removeAttribute("aria-busy");
    said.textContent = fit.querySelector("[data-said]")?.textContent ?? "";
  });

  /* Limits per period: other periods have other fields, and cells that are pasted into one of them are read as a table. */
  const card = document.getElementById("plan-card");
  const plan = () => document.getElementById("plan");
  for (const name of ["period", "weekday", "day", "month", "starts_on", "ends_on"]) {
    form.elements[name].addEventListener("change", () => plan().dispatchEvent(new Event("replan")));
  }
  form.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (!event.target.closest(".cells") || !/[\t\n;]/.test(text.trim())) return;
    event.preventDefault();
    form.elements["plan-table"].value = text;
    form.elements["plan-first"].value = event.target.name.replace("limit-", "");
    card.querySelector("[value=read]").click();
  });
  card.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id !== "plan") return;
    target.querySelector("[role=alert], .understood, [aria-invalid='true']")?.focus();
    fit.dispatchEvent(new Event("check"));
  });
  const tellPlan = (words) => {
    const note = Object.assign(document.createElement("p"), { className: "note error", role: "alert", textContent: words });
    plan().querySelector(".note.error")?.remove();
    plan().prepend(note);
  };

  for (const [place, tell] of [[fit, say], [card, tellPlan]]) {
    for (const name of ["htmx:responseError", "htmx:sendError"]) {
      place.addEventListener(name, (event) => {
        event.stopPropagation();
        tell(UNCHECKED);
      });
    }
    place.addEventListener("htmx:beforeSwap", (event) => {
      if (!new URL(event.detail.xhr.responseURL).pathname.startsWith("/sign-in/")) return;
      event.stopPropagation();
      event.detail.shouldSwap = false;
      tell(SIGNED_OUT);
    });
  }

  /* What someone else saved meanwhile can be put into the form's fields. */
  for (const button of document.querySelectorAll(".take")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const [name, text] of Object.entries(JSON.parse(button.dataset.typed))) {
        const field = form.elements[name];
        if (!field) continue;
        if (field.type === "checkbox") field.checked = text === "on";
        else field.value = text;
        field.dispatchEvent(new Event("put"));
        field.dispatchEvent(new Event("change", { bubbles: true }));
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      button.replaceWith("Theirs is in the form");
    });
  }
})();
