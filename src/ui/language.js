{
  // The language that this device remembers. There is no cookie: only the address tells the server.
  const KEY = "passerby.language";
  const address = (language) => {
    const url = new URL(location);
    url.searchParams.set("lang", language);
    return url;
  };
  let kept;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // The browser has no storage.
  }
  if (kept && kept !== document.documentElement.lang && !new URL(location).searchParams.has("lang")) {
    location.replace(address(kept));
  }

  // Chosen during a call, which goes on. The page changes after it, and when no question is open.
  let chosen;
  const change = () => {
    const { phase } = document.getElementById("app").dataset;
    if (chosen && ["landing", "ended"].includes(phase) && !document.querySelector("dialog:modal")) {
      location.assign(address(chosen));
    }
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.(".languages a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    try {
      localStorage.setItem(KEY, link.lang);
    } catch {
      // The address of the link names the language anyway.
    }
    const app = document.getElementById("app");
    if (!["connecting", "talking"].includes(app.dataset.phase)) return;
    event.preventDefault();
    if (!chosen) {
      new MutationObserver(() => setTimeout(change)).observe(app, { attributeFilter: ["data-phase"] });
      addEventListener("close", change, true);
    }
    chosen = link.lang === document.documentElement.lang ? undefined : link.lang;
    const later = link.closest(".languages").querySelector(".languages-later");
    later.textContent = chosen ? later.dataset.text : "";
  });
}
