// Single keys for moderators: J and K move through the rows, E dismisses, B leads to the form for a ban.
// Every page works without them, and they can be turned off.

const STORED = "passerby.moderation-keys";
const hint = document.querySelector(".keys-hint");
const toggle = hint.querySelector("button");
const links = [...document.querySelectorAll("[data-row] a")];
const ban = document.getElementById("broken-rule");
let areOn = localStorage.getItem(STORED) !== "off";

/** The row that has the focus. */
function row() {
  return document.activeElement?.closest("[data-row]");
}

/** Moves the focus to the link of the next or previous row; to the first one if no row has it. */
function move(step) {
  const at = links.indexOf(row()?.querySelector("a"));
  links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

/** Dismisses the subject of this page, or that of the row with the focus and those that are chosen. */
function dismiss() {
  const choice = row()?.querySelector("[type=checkbox]");
  if (choice) choice.checked = true;
  const hasChoice = links.length === 0 || document.querySelector("[data-row] :checked");
  if (hasChoice) document.querySelector("button[value=dismiss]")?.click();
}

/** Leads to the form for a ban, on the page of the subject. */
function leadToBan() {
  const link = row()?.querySelector("a");
  if (ban) ban.focus();
  else if (link) location.assign(`${link.href}#broken-rule`);
}

const ACTIONS = { j: () => move(1), k: () => move(-1), e: dismiss, b: leadToBan };

/** The letter of a key; with a layout that has no Latin letters, by the place of the key. */
function letter({ key, code }) {
  return /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace("Key", "").toLowerCase();
}

function show() {
  hint.hidden = false;
  hint.querySelector("span").hidden = !areOn;
  toggle.textContent = areOn ? "Turn keys off" : "Turn keys on";
}

toggle.addEventListener("click", () => {
  areOn = !areOn;
  localStorage.setItem(STORED, areOn ? "on" : "off");
  show();
});

addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("textarea, select, input:not([type=checkbox])");
  if (!areOn || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const action = ACTIONS[letter(event)];
  if (!action) return;
  event.preventDefault();
  action();
});

show();
