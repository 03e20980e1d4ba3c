// Dark or light: what the system says, until a person chooses; the choice is kept.

const NAME = "mifg-review/theme";

const stored = localStorage.getItem(NAME);
if (stored) document.documentElement.dataset.theme = stored;

export function switchTheme() {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem(NAME, dataset.theme);
}
