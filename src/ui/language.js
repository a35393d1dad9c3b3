{
  // The language that this device remembers. There is no cookie: only the address tells the server.
  const KEY = "passerby.language";
  const address = (language) => {
    const url = new URL(location);
    url.searchParams.set("lang", language);
    return url;
  };
  // Where the browser has no storage. What is chosen lasts until the page is closed.
  const unstored = {};
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return unstored[key];
    }
  };
  const write = (key, text) => {
    try {
      if (text) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
    } catch {
      unstored[key] = text || undefined;
    }
  };

  const kept = read(KEY);
  if (kept && kept !== document.documentElement.lang && !new URL(location).searchParams.has("lang")) {
    location.replace(address(kept));
  }

  // The languages that the person speaks: a box for each, with its own name.
  const SPOKEN = "passerby.languages";
  const MOST = 5;
  const good = (tags) => [...new Set(tags)].filter((it) => /^[a-z]{2,3}$/.test(it));
  const ofBrowser = () => good(navigator.languages.map((it) => it.split("-")[0].toLowerCase()));
  const spoken = () => good(read(SPOKEN)?.split(" ") ?? ofBrowser()).slice(0, MOST);
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
    // The server offers the most common ones. If the person or their browser has others, these come first.
    const list = document.querySelector(".spoken > div");
    for (const tag of new Set([...spoken(), ...ofBrowser()])) {
      if (list.querySelector(`[value=${tag}]`)) continue;
      const other = list.firstElementChild.cloneNode(true);
      [other.firstElementChild.value, other.lastElementChild.lang] = [tag, tag];
      list.prepend(other);
    }
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

  // What the program asks for, which would be larger if it called `Intl` itself (`browser/web/intl.rs`). The digits are
  // those of all other texts, also in Arabic (the numbering system `latn`, UTS 35).
  const language = `${document.documentElement.lang}-u-nu-latn`;
  const dated = (options) => (unix) => new Date(unix * 1_000).toLocaleString(language, options);
  globalThis.passerby = {
    spoken: () => spoken().join(" "),
    timeOfDay: dated({ timeStyle: "short" }),
    dateAndTime: dated({ dateStyle: "long", timeStyle: "short" }),
    minutes: (count) => count.toLocaleString(language, { style: "unit", unit: "minute", unitDisplay: "long" }),
    list: (names) => new Intl.ListFormat(language).format(names.split(", ")),
  };

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
