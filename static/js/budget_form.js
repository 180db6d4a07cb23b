/* Shows the field that says where a period begins only for the periods that have it. */
(() => {
  const period = document.getElementById("id_period");
  const fields = document.querySelectorAll("[data-shown-for]");
  if (!period) return;
  const fit = () => {
    for (const field of fields) field.hidden = !field.dataset.shownFor.split(" ").includes(period.value);
  };
  period.addEventListener("change", fit);
  fit();
})();
