// What of the trajectories is wanted: within a facet any of the chosen values, and all facets at once.

const FACETS = [
  { name: "Ended", values: (data) => data.ends, of: (trajectory) => [trajectory.end] },
  {
    name: "Answer",
    values: () => ["right", "partly right", "wrong"],
    of: ({ accuracy }) => [["right", "partly right", "wrong"].indexOf(verdict(accuracy))],
  },
  {
    name: "Tools",
    values: () => ["looked again", "did not look", "invalid action"],
    of: ({ looked, turns }) => [looked ? 0 : 1, ...(turns.some(({ action }) => action === "invalid") ? [2] : [])],
  },
  {
    name: "Tokens",
    values: (data) => data.buckets.map(([name]) => name),
    hint: (data, value) => data.buckets[value][1],
    isBucket: true,
    of: ({ turns }) => turns.flatMap(({ runs }) => runs.map(([, bucket]) => bucket)),
  },
];

class Filters {
  constructor(data, onChange) {
    this.data = data;
    this.onChange = onChange;
    this.search = document.getElementById("search");
    this.step = document.getElementById("step");
    this.chosen = FACETS.map(() => 0);
    this.chips = [];
    for (const trajectory of data.trajectories) {
      trajectory.bits = FACETS.map((facet) => facet.of(trajectory).reduce((bits, value) => bits | (1 << value), 0));
    }
    document.getElementById("facets").append(...FACETS.map((facet, index) => this.#facet(facet, index)));
    const steps = [...new Set(data.groups.map(({ step }) => step))];
    this.step.append(...steps.map((step) => element("option", { value: step }, String(step))));
    this.search.addEventListener("input", onChange);
    this.step.addEventListener("change", onChange);
    document.getElementById("reset").addEventListener("click", () => this.clear());
  }

  // Says of each trajectory whether it matches; returns the groups with a match.
  apply() {
    const key = this.search.value.trim().toLowerCase();
    const step = this.step.value === "" ? null : Number(this.step.value);
    return this.data.groups.filter((group) => {
      const isWanted = (step === null || group.step === step) && group.key.includes(key);
      let any = false;
      for (const trajectory of group.trajectories) {
        trajectory.matches = isWanted && this.chosen.every((bits, facet) => !bits || bits & trajectory.bits[facet]);
        any ||= trajectory.matches;
      }
      return any;
    });
  }

  clear() {
    this.search.value = "";
    this.step.value = "";
    this.chosen.fill(0);
    for (const chip of this.chips) chip.setAttribute("aria-pressed", "false");
    this.onChange();
  }

  #facet(facet, index) {
    const chips = facet.values(this.data).flatMap((name, value) => {
      const number = this.data.trajectories.filter(({ bits }) => bits[index] & (1 << value)).length;
      return number ? [this.#chip(facet, index, name, value, number)] : [];
    });
    this.chips.push(...chips);
    return element("div", { class: "facet", role: "group", "aria-label": facet.name }, element("span", { class: "name" }, facet.name), ...chips);
  }

  #chip(facet, index, name, value, number) {
    const swatch = facet.isBucket ? [element("span", { class: "swatch", style: `background:var(--b${value})` })] : [];
    const title = facet.hint ? facet.hint(this.data, value) : null;
    const chip = element("button", { class: "chip", type: "button", "aria-pressed": "false", title }, ...swatch, name, element("small", {}, thousands(number)));
    chip.addEventListener("click", () => {
      this.chosen[index] ^= 1 << value;
      chip.setAttribute("aria-pressed", String(Boolean(this.chosen[index] & (1 << value))));
      this.onChange();
    });
    return chip;
  }
}
