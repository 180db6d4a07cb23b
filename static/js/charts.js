/* Draws the figures that the server built. Colours written as var(--token) are looked up here, so that a change of theme,
   width or paper draws them anew. Nothing here needs an inline style. */
(() => {
  const narrow = matchMedia("(max-width: 720px)");
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
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
    }
    return value;
  };

  const draw = () => {
    document.body.append(probe);
    document.querySelectorAll("[data-figure]").forEach((element) => {
      const figure = coloured(JSON.parse(document.getElementById(element.dataset.figure).textContent));
      const { layout } = figure;
      layout.font.family = getComputedStyle(document.body).fontFamily;
      Object.assign(layout.xaxis, narrow.matches ? layout.meta.narrow : layout.meta.wide);
      Plotly.react(element, figure.data, layout, { displayModeBar: false, responsive: true });
    });
    probe.remove();
  };

  draw();
  document.addEventListener("htmx:afterSettle", draw);
  for (const query of [narrow, matchMedia("(prefers-color-scheme: dark)"), matchMedia("print")]) {
    query.addEventListener("change", draw);
  }
})();
