{
  // The language that this device remembers. There is no cookie: only the address tells the server.
  const KEY = "passerby.language";
  const address = (language) => {
    const url = new URL(location);
    url.searchParams.set("lang", language);
    return url;
  };
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const write = (key, text) => {
    try {
      if (text) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
    } catch {
      // The browser has no storage. What is chosen lasts until the page is closed.
    }
  };

  const kept = read(KEY);
  if (kept && kept !== document.documentElement.lang && !new URL(location).searchParams.has("lang")) {
    location.replace(address(kept));
  }

  // The languages that the person speaks: a box for each, with its own name. The program reads them from the storage.
  const SPOKEN = "passerby.languages";
  const MOST = 5;
  const spoken = () => {
    const chosen = read(SPOKEN)?.split(" ") ?? navigator.languages.map((it) => it.split("-")[0].toLowerCase());
    return [...new Set(chosen)].slice(0, MOST);
  };
  // Looked for each time: the program may put others in their place.
  const boxes = () => document.querySelectorAll(".spoken input");
  const show = () => {
    const tags = spoken();
    for (const box of boxes()) {
      box.checked = tags.includes(box.value);
      box.disabled = !box.checked && tags.length >= MOST;
    }
  };
  addEventListener("DOMContentLoaded", () => {
    for (const { value, nextElementSibling } of boxes()) {
      // In the language of the page where the browser does not know the own name.
      const name = new Intl.DisplayNames([value, document.documentElement.lang], { type: "language" }).of(value);
      nextElementSibling.textContent = name[0].toLocaleUpperCase(value) + name.slice(1);
    }
  });
  addEventListener("toggle", ({ target }) => target.matches("#sheet, .spoken") && show(), true);
  addEventListener("change", ({ target }) => {
    if (!target.matches?.(".spoken input")) return;
    const others = spoken().filter((it) => it !== target.value);
    write(SPOKEN, (target.checked ? [...others, target.value] : others).join(" "));
    show();
    // The browser tells only the other tabs.
    dispatchEvent(new StorageEvent("storage", { key: SPOKEN }));
  });

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
    write(KEY, link.lang);
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
