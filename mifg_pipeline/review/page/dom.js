// Small pieces that the other parts build on. All text goes through textContent: nothing of an item is read as markup.

/** An element; an attribute that is a function listens to the event of its name, null and false leave it out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export const byId = (id) => document.getElementById(id);

export const key = (name) => element("kbd", { "aria-hidden": "true" }, name);

/** What would be invisible, or turn the direction of the text, gets a sign of its own. */
export function visible(text) {
  return text.replace(/[^\P{C}\n\t]|\p{Zl}|\p{Zp}/gu, (character) => {
    return `<U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** Tells people who do not see the page what happened. */
export function announce(text) {
  byId("live").textContent = text;
}

export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** Calls once, after the calls have ceased for a while; `flush` calls at once what waits. */
export function settled(milliseconds, call) {
  let timer = null;
  const run = () => {
    clearTimeout(timer);
    timer = null;
    return call();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
  return Object.assign(
    later,
    { flush: () => (timer === null ? undefined : run()), cancel: () => { clearTimeout(timer); timer = null; } },
  );
}
