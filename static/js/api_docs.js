/* Swagger UI in our frame. It is dark by a class of its own; the product follows what the reader's system asks for. And
   what it draws is told rightly to those who listen: no link within a button, levels of headings, named regions. */
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();

  const place = document.getElementById("swagger-ui");
  const tell = (selector, parts) => {
    for (const element of place.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(parts)) {
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  };
  // A click on such a link is a click on its button, with or without the address.
  const retell = () => {
    for (const link of place.querySelectorAll("button a[href]")) link.removeAttribute("href");
    tell(".information-container", { role: "region", "aria-label": "About the API" });
    tell(".scheme-container", { role: "region", "aria-label": "Sign-in of the API" });
    tell("h3.opblock-tag, .models > h4", { role: "heading", "aria-level": "2" });
  };
  new MutationObserver(retell).observe(place, { childList: true, subtree: true });
  retell();
})();
