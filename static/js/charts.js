/* Draws the figures that the server built. Colours written as var(--token) are looked up here, so that a change of theme,
   width or paper draws them anew. Nothing here needs an inline style. */
(() => {
  const paper = matchMedia("print");
  // While a page is laid out for paper its charts cannot be measured: they are drawn so wide, and scaled to the sheet.
  const SHEET = { width: 720, height: 284 };
  const drawn = new WeakMap();
  const probe = document.createElement("i");
  probe.hidden = true;

  const colour = (token) => {
    probe.style.color = token;
    return getComputedStyle(probe).color;
  };
  const coloured = (value) => {
    if (typeof value === "string") return value.startsWith("var(--") ? colour(value) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === "customdata" ? inner : coloured(inner)]));
    }
    return value;
  };
  const sizeOf = (element) => (paper.matches ? SHEET : { width: element.clientWidth, height: element.clientHeight });
  /* The most names that the axis has room for. */
  const namesFor = ({ meta, margin }, width) => {
    const room = width - margin.l - margin.r;
    return meta.names.find(({ apart, pixels }) => apart * room >= pixels) ?? meta.names.at(-1);
  };

  /* A click on a bar leads to where the server says that it is explained. */
  const lead = (element, links) => {
    element.removeAllListeners?.("plotly_click");
    if (links?.length) {
      element.on("plotly_click", ({ points }) => {
        const address = links[points[0].pointIndex];
        if (address) window.location.assign(new URL(address, new URL(element.dataset.leads || "", window.location.href)));
      });
    }
  };

  const draw = () => {
    document.body.append(probe);
    document.querySelectorAll("[data-figure]").forEach((element) => {
      const { width, height } = sizeOf(element);
      if (!width) return;
      const { data, layout } = coloured(JSON.parse(document.getElementById(element.dataset.figure).textContent));
      const { tickvals, ticktext } = namesFor(layout, width);
      layout.font.family = getComputedStyle(document.body).fontFamily;
      Object.assign(layout, { width, height });
      Object.assign(layout.xaxis, { tickvals, ticktext });
      Plotly.react(element, data, layout, { displayModeBar: false });
      element.querySelectorAll(".main-svg").forEach((svg) => svg.setAttribute("viewBox", `0 0 ${width} ${height}`));
      drawn.set(element, width);
      lead(element, layout.meta.links);
      element.dispatchEvent(new CustomEvent("chart:drawn", { bubbles: true }));
    });
    probe.remove();
  };

  const resized = new ResizeObserver((entries) => {
    if (entries.some(({ target }) => drawn.get(target) !== sizeOf(target).width)) draw();
  });
  const begin = () => {
    draw();
    resized.disconnect();
    document.querySelectorAll("[data-figure]").forEach((element) => resized.observe(element));
  };

  begin();
  document.addEventListener("htmx:afterSettle", begin);
  for (const query of [matchMedia("(prefers-color-scheme: dark)"), paper]) query.addEventListener("change", draw);
})();
