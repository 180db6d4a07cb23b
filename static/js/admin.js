/* The admin site: which part of a page is its content is told to those who listen, and parts that scroll are told apart. */
window.addEventListener("load", () => {
  document.getElementById("main")?.setAttribute("role", "main");
  const scrolling = document.querySelectorAll(".simplebar-content-wrapper");
  for (const [index, part] of scrolling.entries()) {
    part.setAttribute("aria-label", part.closest("#nav-sidebar") ? "Navigation, scrollable" : `Scrollable part ${index + 1}`);
  }
});
