/* A secret that is shown once: a button copies it, and reloading the page leads to the account, not to another key. */
(() => {
  const secret = document.querySelector(".secret");
  const button = document.querySelector(".copying button");
  const told = document.querySelector(".copying [role=status]");
  window.history.replaceState(null, "", secret.dataset.leadsTo);

  // Browsers give the clipboard only to pages that came by HTTPS or from this machine; the old way works elsewhere.
  const copySelected = () => {
    window.getSelection().selectAllChildren(secret);
    return document.execCommand("copy");
  };
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(secret.textContent).then(() => true, () => false) || copySelected();
    told.textContent = copied ? "Copied" : "Selected: copy it with your keyboard";
  });
  button.hidden = false;
})();
