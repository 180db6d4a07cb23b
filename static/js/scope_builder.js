/* The scope of a budget as chips: each line of it becomes a field that finds names in use and keeps the chosen ones. The
   form's own field stays behind it and holds the same text, so that what is sent is what would have been typed. */
(() => {
  const form = document.querySelector("form[data-names]");
  if (!form) return;
  const builders = [];
  const said = document.getElementById("said");

  /* Lists as the form's fields read them: commas between values, quotation marks around one that holds a comma. */
  const split = (text) => {
    const values = [];
    let rest = text.replaceAll("\n", " ");
    while ((rest = rest.trimStart())) {
      const quoted = /^"((?:[^"]|"")*)"?([^,]*),?/.exec(rest);
      const match = quoted || /^([^,]*),?/.exec(rest);
      const value = (quoted ? match[1].replaceAll('""', '"') + match[2] : match[1]).trim();
      if (value) values.push(value);
      rest = rest.slice(match[0].length);
    }
    return values;
  };
  const join = (values) => values.map((one) => (/[,"]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one)).join(", ");
  const isOpen = (text) => text.trimStart().startsWith('"') && (text.match(/"/g) || []).length % 2 === 1;
  const element = (name, parts) => Object.assign(document.createElement(name), parts);

  class Builder {
    /* `field` is the input that people type into; `changed` is called whenever what is chosen is another. */
    constructor(field, key, tag, label, changed) {
      Object.assign(this, { field, key, tag, label, changed, hint: "", values: [], options: [], active: -1 });
      this.box = element("div", { className: "builder" });
      this.chips = element("ul", { className: "chips", ariaLabel: "Chosen" });
      this.found = element("div", { className: "offers", hidden: true });
      field.replaceWith(this.box);
      this.box.append(field, this.found);
      for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" })) {
        field.setAttribute(name, value);
      }
      field.autocomplete = "off";
      field.addEventListener("input", () => this.typed());
      field.addEventListener("click", () => this.look(0));
      field.addEventListener("keydown", (event) => this.pressed(event));
      field.addEventListener("blur", () => { this.take(); this.close(); });
      this.box.addEventListener("click", (event) => { if (event.target === this.box) field.focus(); });
      this.found.addEventListener("mousedown", (event) => event.preventDefault());
      this.found.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.choose(option.dataset.value);
      });
      builders.push(this);
    }

    set(values) {
      this.values = [...new Set(values)];
      this.draw();
    }

    /* What is chosen, and what is being typed: it counts before it is a chip. */
    all() {
      return [...new Set([...this.values, ...split(this.field.value)])];
    }

    add(values) {
      this.values = [...new Set([...this.values, ...values])];
      this.field.value = "";
      this.draw();
      this.changed();
    }

    choose(value) {
      this.add([value]);
      said.textContent = `${value} added.`;
      this.close();
    }

    /* Makes chips of what was typed. */
    take() {
      const values = split(this.field.value);
      if (values.length) this.add(values);
      return values.length > 0;
    }

    remove(value) {
      this.values = this.values.filter((one) => one !== value);
      said.textContent = `${value} removed.`;
      this.draw();
      this.changed();
      this.field.focus();
    }

    draw() {
      this.chips.replaceChildren(...this.values.map((value) => {
        const chip = document.getElementById("chip").content.cloneNode(true).firstElementChild;
        chip.dataset.value = value;
        chip.querySelector("bdi").textContent = value;
        const drop = chip.querySelector("button");
        drop.setAttribute("aria-label", `Remove ${value}`);
        drop.addEventListener("click", () => this.remove(value));
        return chip;
      }));
      if (this.values.length) this.box.prepend(this.chips);
      else this.chips.remove();
      this.field.placeholder = this.values.length ? "" : this.hint;
    }

    /* Marks the names that no usage has. */
    doubt(names) {
      for (const chip of this.chips.children) {
        const doubtful = names.has(chip.dataset.value);
        chip.classList.toggle("doubtful", doubtful);
        chip.querySelector(".unseen").textContent = doubtful ? ", no usage names it yet" : "";
      }
    }

    typed() {
      const text = this.field.value;
      this.go(-1); // What was offered for other letters is not what Enter takes.
      if (text.endsWith(",") && !isOpen(text)) this.take();
      else this.changed();
      this.look(150);
    }

    pressed(event) {
      const { key } = event;
      if (key === "ArrowDown" || key === "ArrowUp") {
        event.preventDefault();
        if (this.found.hidden) this.look(0);
        else this.step(key === "ArrowDown" ? 1 : -1);
      } else if (key === "Enter" && !event.isComposing) {
        const option = this.options[this.active];
        if (option || this.field.value.trim()) event.preventDefault();
        if (option) this.choose(option.dataset.value);
        else if (this.take()) this.close();
      } else if (key === "Escape" && !this.found.hidden) {
        event.preventDefault();
        this.close();
      } else if (key === "Backspace" && !this.field.value && this.values.length) {
        this.remove(this.values.at(-1));
      }
    }

    /* Marks the option that Enter takes; none at -1. */
    go(place) {
      this.active = place;
      this.options.forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
      const option = this.options[place];
      if (!option) return this.field.removeAttribute("aria-activedescendant");
      this.field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    step(by) {
      const count = this.options.length;
      if (count) this.go(this.active < 0 && by < 0 ? count - 1 : (this.active + by + count) % count);
    }

    look(delay) {
      this.request?.abort();
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.fetch(), delay);
    }

    async fetch() {
      this.request?.abort();
      this.request = new AbortController();
      const text = this.field.value.trim().replace(/^"/, "");
      const query = new URLSearchParams({ key: this.key, q: text, ...(this.tag && { tag: this.tag }) });
      try {
        const answer = await fetch(`${form.dataset.names}?${query}`, { signal: this.request.signal });
        if (!answer.ok || answer.redirected) throw new Error("no names");
        this.show(await answer.text());
      } catch (error) {
        if (error.name !== "AbortError") this.show("<p>Names cannot be looked up just now. Type them in full.</p>");
      }
    }

    show(html) {
      if (document.activeElement !== this.field) return;
      this.found.innerHTML = html;
      for (const option of this.found.querySelectorAll("[role=option]")) {
        if (this.values.includes(option.dataset.value)) option.remove();
      }
      this.options = [...this.found.querySelectorAll("[role=option]")];
      this.options.forEach((option, number) => { option.id = `${this.field.id}_option_${number}`; });
      this.go(this.isMeant() ? 0 : -1);
      const list = this.found.querySelector("[role=listbox]");
      if (list && !this.options.length) list.remove();
      else if (list) Object.assign(list, { id: `${this.field.id}_list`, ariaLabel: "In use" });
      this.field.setAttribute("aria-expanded", String(this.options.length > 0));
      if (this.options.length) this.field.setAttribute("aria-controls", `${this.field.id}_list`);
      else this.field.removeAttribute("aria-controls");
      this.found.hidden = !this.found.textContent.trim();
    }

    /* Whether there is but one option, and it begins with what is typed. */
    isMeant() {
      const typed = this.field.value.trim().replace(/^"/, "").toLowerCase();
      return typed !== "" && this.options.length === 1 && this.options[0].dataset.value.toLowerCase().startsWith(typed);
    }

    close() {
      clearTimeout(this.waiting);
      this.request?.abort();
      this.found.hidden = true;
      this.options = [];
      this.active = -1;
      this.field.setAttribute("aria-expanded", "false");
      for (const name of ["aria-activedescendant", "aria-controls"]) this.field.removeAttribute(name);
    }
  }

  /* The field to type into, in place of the form's own, which keeps its name and is hidden. */
  const instead = (own) => {
    const field = element("input", { type: "text", id: own.id });
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const value = own.getAttribute(name)?.replace(`${own.id}_helptext`, "").trim();
      if (value) field.setAttribute(name, value);
    }
    own.id = `${own.id}_sent`;
    own.hidden = true;
    own.after(field);
    return field;
  };
  const tell = (own) => own.dispatchEvent(new Event("input", { bubbles: true }));

  for (const place of form.querySelectorAll("[data-scope]")) {
    const own = place.querySelector("input, textarea");
    const label = place.querySelector("label").textContent;
    const key = place.dataset.scope;
    const field = instead(own);
    if (key === "tags") {
      tags(place, own, field, label);
      continue;
    }
    const builder = new Builder(field, key, "", label, () => { own.value = join(builder.all()); tell(own); });
    builder.hint = "Any";
    const read = () => builder.set(split(own.value));
    own.addEventListener("put", read);
    read();
  }
  form.classList.add("built");
  if (form.querySelector(".builder [aria-invalid='true']")) document.querySelector("main [aria-invalid='true']").focus();

  /* Tags: a line of values for each, and a field that adds another tag. */
  function tags(place, own, field, label) {
    const rows = element("div", {});
    const lines = new Map();
    const write = (complete) => {
      const filled = [...lines].map(([name, builder]) => [name, builder.all()]);
      const kept = complete ? filled : filled.filter(([, values]) => values.length);
      own.value = kept.map(([name, values]) => `${name}: ${join(values)}`).join("\n");
    };
    const changed = () => { write(false); tell(own); };
    const line = (name, values) => {
      if (lines.has(name)) {
        lines.get(name).set([...lines.get(name).values, ...values]);
        return lines.get(name);
      }
      const row = element("div", { className: "tag-row", role: "group", ariaLabel: `Tag ${name}` });
      const input = element("input", { type: "text", id: `${field.id}_${lines.size}_${rows.childElementCount}`, ariaLabel: `Values of tag ${name}` });
      const drop = document.getElementById("chip").content.cloneNode(true).querySelector("button");
      drop.setAttribute("aria-label", `Remove tag ${name}`);
      drop.className = "quiet";
      row.append(element("bdi", { textContent: name }), input, drop);
      rows.append(row);
      const builder = new Builder(input, "tags", name, `Values of tag ${name}`, changed);
      lines.set(name, builder);
      builder.set(values);
      drop.addEventListener("click", () => {
        lines.delete(name);
        row.remove();
        changed();
        field.focus();
      });
      return builder;
    };
    const read = () => {
      lines.clear();
      rows.replaceChildren();
      for (const text of own.value.split("\n").filter((one) => one.trim())) {
        const [, name, values] = /^([^:]*):?(.*)$/.exec(text);
        if (name.trim()) line(name.trim(), split(values));
      }
    };
    const adder = new Builder(field, "tags", "", label, () => {
      const added = adder.values.map((text) => /^([^:]*):?(.*)$/.exec(text)).filter(([, name]) => name.trim());
      if (!added.length) return;
      adder.set([]);
      const builder = added.map(([, name, values]) => line(name.trim(), split(values))).at(-1);
      changed();
      builder.field.focus();
    });
    adder.hint = field.placeholder = "Add a tag";
    place.insertBefore(rows, adder.box);
    own.addEventListener("put", read);
    form.addEventListener("submit", () => write(true));
    read();
  }

  /* Names that no usage has are marked, and the nearest that is in use can be taken instead. */
  const of = (line) => builders.find((one) => one.key === line.dataset.key && one.tag === line.dataset.tag && one.field.isConnected);
  const mark = (fit) => {
    const doubts = new Map();
    for (const line of fit.querySelectorAll("[data-name]")) {
      const builder = of(line);
      if (!builder) continue;
      doubts.set(builder, (doubts.get(builder) || new Set()).add(line.dataset.name));
      line.querySelector(".swap")?.removeAttribute("hidden");
    }
    for (const builder of builders) builder.doubt(doubts.get(builder) || new Set());
  };
  document.addEventListener("htmx:afterSwap", ({ target }) => { if (target.matches(".fit")) mark(target); });
  form.addEventListener("click", (event) => {
    const button = event.target.closest(".swap");
    if (!button) return;
    const line = button.closest("[data-name]");
    const builder = of(line);
    const { name } = line.dataset;
    builder.take();
    builder.set(builder.values.map((one) => (one === name ? button.dataset.near : one)));
    builder.changed();
    builder.field.focus();
  });
})();
