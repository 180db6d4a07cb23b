/* Snippets that are copied by a button beside them. Without this script they are selected by hand. */
(() => {
  const SAID_MS = 4000;

  // Browsers give the clipboard only to pages that came by HTTPS or from this machine; the old way works elsewhere.
  const copySelected = (snippet) => {
    window.getSelection().selectAllChildren(snippet);
    return document.execCommand("copy");
  };

  for (const box of document.querySelectorAll(".snippet-box")) {
    const snippet = box.querySelector(".snippet");
    const button = box.querySelector(".copying button");
    const told = box.querySelector(".copying [role=status]");
    let quiet = 0;
    button.addEventListener("click", async () => {
      const written = navigator.clipboard?.writeText(snippet.textContent).then(() => true, () => false);
      const copied = (await written) || copySelected(snippet);
      told.textContent = copied ? "Copied" : "Selected: copy it with your keyboard";
      window.clearTimeout(quiet);
      quiet = window.setTimeout(() => { told.textContent = ""; }, SAID_MS);
    });
    button.hidden = false;
  }
})();
