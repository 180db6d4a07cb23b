/* Completes names while one types, by the pattern of a combobox with a list. Without this the field is plain text.
   A field that takes many says which marks stand between them, and the one at the caret is completed. One that offers
   something before a letter is typed is eager; what else the server must know stands in another field of the form.
   The only name offered is marked, so that Enter takes it, where it begins with what is typed and goes on; not in a free
   field, in which any name may be meant. */
(() => {
  const PAUSE = 150; // ms after the last key

  const complete = (box) => {
    const input = box.querySelector("input");
    const list = box.querySelector("[role=listbox]");
    const { between: marks = "", url, asks = "q", along } = box.dataset; // The first mark is the one that is written.
    const eager = "eager" in box.dataset;
    const free = "free" in box.dataset;
    let timer, asking, chosen = -1;

    const options = () => [...list.querySelectorAll("[role=option]")];
    const close = () => {
      clearTimeout(timer);
      asking?.abort();
      list.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (place) => {
      chosen = place;
      options().forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
      if (place < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", options()[place].id);
      options()[place].scrollIntoView({ block: "nearest" });
    };
    /* Where the piece at the caret begins and ends. */
    const piece = () => {
      const text = input.value;
      const caret = input.selectionStart ?? text.length;
      let begin = caret;
      let end = caret;
      while (begin > 0 && !marks.includes(text[begin - 1])) begin -= 1;
      while (end < text.length && !marks.includes(text[end])) end += 1;
      return marks ? [begin, end] : [0, text.length];
    };
    const take = (option) => {
      const [begin, end] = piece();
      const before = input.value.slice(0, begin).trim();
      const after = input.value.slice(end + 1).trim();
      const head = `${before ? `${before} ` : ""}${option.dataset.value}`;
      input.value = marks ? `${head}${marks[0]} ${after}` : head;
      const caret = marks ? head.length + 2 : head.length;
      input.setSelectionRange(caret, caret);
      close();
      input.focus();
    };
    const isMeant = (text) => {
      const [only, ...others] = options();
      if (free || !text || !only || others.length || only.dataset.value === text) return false;
      const names = [only.dataset.value, only.firstElementChild.textContent];
      return names.some((name) => name.toLowerCase().startsWith(text.toLowerCase()));
    };
    const ask = async () => {
      const text = input.value.slice(...piece()).trim();
      if (!text && !eager) return close();
      asking?.abort();
      asking = new AbortController();
      try {
        const address = new URL(url, window.location.href);
        address.searchParams.set(asks, text);
        if (along) address.searchParams.set(along, input.form.elements[along].value);
        const answer = await fetch(address, {
          signal: asking.signal, redirect: "error", headers: { "HX-Request": "true" },
        });
        if (!answer.ok) return close();
        list.innerHTML = await answer.text();
      } catch {
        return; // Another letter came, or the network went: the field takes what is typed all the same.
      }
      options().forEach((option, number) => { option.id = `${list.id}_${number}`; });
      list.hidden = !options().length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(isMeant(text) ? 0 : -1);
    };

    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);
    input.addEventListener("input", () => {
      clearTimeout(timer);
      asking?.abort();
      mark(-1); // What was offered for other letters is not what Enter takes.
      timer = setTimeout(ask, PAUSE);
    });
    if (eager) input.addEventListener("focus", ask);
    input.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      const last = options().length - 1;
      if (event.key === "ArrowDown") mark(chosen >= last ? 0 : chosen + 1);
      else if (event.key === "ArrowUp") mark(chosen <= 0 ? last : chosen - 1);
      else if (event.key === "Enter" && chosen >= 0) take(options()[chosen]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    input.addEventListener("blur", () => setTimeout(close, 200));
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
  };

  const start = () => document.querySelectorAll(".completes:not(:has([role=combobox]))").forEach(complete);
  start();
  document.addEventListener("htmx:afterSettle", start);
})();
