/* What a chart says where one points at it: what the place is called, and each figure with its sign from the legend. It
   stands at the side that has more room, off the line through the place. */
(() => {
  const GAP = 12;
  const SVG = "http://www.w3.org/2000/svg";
  const boxes = new WeakMap();

  const signOf = (kind) => {
    const sign = document.createElementNS(SVG, "svg");
    if (kind) {
      const mark = document.createElementNS(SVG, "rect");
      for (const [name, value] of [["class", kind], ["width", 10], ["height", 10], ["rx", 2]]) mark.setAttribute(name, value);
      sign.append(mark);
    }
    return sign;
  };
  const wordsOf = (tag, words) => Object.assign(document.createElement(tag), { textContent: words });

  const show = (element, { data, pointIndex, xaxis, x }) => {
    const box = boxes.get(element);
    const figures = document.createElement("div");
    for (const [name, amount, kind] of data.customdata[pointIndex]) {
      figures.append(signOf(kind), wordsOf("bdi", name), wordsOf("span", amount));
    }
    box.replaceChildren(wordsOf("b", data.text[pointIndex]), figures);
    const at = xaxis._offset + xaxis.d2p(x);
    const late = 2 * at > element.clientWidth;
    box.style.left = late ? "auto" : `${at + GAP}px`;
    box.style.right = late ? `${element.clientWidth - at + GAP}px` : "auto";
    box.hidden = false;
  };

  document.addEventListener("chart:drawn", ({ target }) => {
    if (boxes.has(target)) return;
    const box = Object.assign(document.createElement("div"), { className: "pointed", hidden: true });
    boxes.set(target, box);
    target.append(box);
    target.on("plotly_hover", ({ points }) => show(target, points[0]));
    target.on("plotly_unhover", () => { box.hidden = true; });
  });
})();
