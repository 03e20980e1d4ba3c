// Groups beside each other. Only cards near the window have content, whose height is known beforehand.

class GroupList {
  constructor(box, data, onSelect) {
    this.box = box;
    this.data = data;
    this.most = Math.max(...data.trajectories.map(({ advantage }) => Math.abs(advantage)), 1e-9);
    this.observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#cross(entry)), {
      root: box,
      rootMargin: "500px",
    });
    this.cards = data.groups.map((group) => this.#card(group));
    box.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) onSelect(data.trajectories[row.dataset.trajectory]);
    });
  }

  // Shows these groups, and dims the trajectories in them that do not match.
  show(groups) {
    const cards = groups.map((group) => this.cards[group.index]);
    if (cards.length) this.box.replaceChildren(...cards);
    else this.box.replaceChildren(element("p", { class: "none" }, "No trajectory fits these filters."));
    for (const [index, card] of this.cards.entries()) if (card.firstChild) this.#mark(index);
  }

  select(trajectory) {
    const before = this.selected;
    this.selected = trajectory;
    if (before) this.#mark(before.group);
    const card = this.cards[trajectory.group];
    if (!card.firstChild) this.#fill(card);
    this.#mark(trajectory.group);
  }

  // Brings the selected row into view, and gives it the keyboard.
  focus() {
    const row = this.cards[this.selected.group].querySelector("[aria-current]");
    row.focus({ preventScroll: true });
    this.reveal();
  }

  reveal() {
    this.cards[this.selected.group].scrollIntoView({ block: "nearest" });
  }

  #card(group) {
    const card = element("div", { class: "group", style: `--rows:${group.trajectories.length}`, "data-group": group.index });
    this.observer.observe(card);
    return card;
  }

  #cross({ target, isIntersecting }) {
    if (isIntersecting && !target.firstChild) this.#fill(target);
    else if (!isIntersecting && Number(target.dataset.group) !== this.selected?.group) target.replaceChildren();
  }

  #fill(card) {
    const group = this.data.groups[card.dataset.group];
    const question = this.data.questions[group.question];
    const images = question.images.map((number, index) => picture(this.data.images[number], `Image ${index + 1}`));
    card.replaceChildren(
      element("header", {},
        element("div", { class: "where" }, `step ${group.step} · draw ${group.draw}`, element("code", { title: question.key }, question.key.slice(0, 12))),
        element("p", { class: "asked", title: question.text }, question.text),
        element("div", { class: "strip" }, ...images)),
      ...group.trajectories.map((trajectory) => this.#row(trajectory)),
    );
    this.#mark(group.index);
  }

  #row(trajectory) {
    const { accuracy, advantage, reward, sample, index } = trajectory;
    const end = this.data.ends[trajectory.end];
    const lean = element("i", { class: advantage < 0 && "below", style: `width:${(50 * Math.abs(advantage)) / this.most}%` });
    return element("button", { class: "row", type: "button", "data-trajectory": index },
      element("span", { class: "number" }, String(sample + 1)),
      element("span", { class: "tokens", title: "its own tokens by mask bucket", style: `background:${this.#stripes(trajectory)}` }),
      element("span", { class: end === "answered" ? "end answered" : "end", title: end }, end),
      element("span", { class: `reward ${accuracy > 0 ? "right" : "wrong"}`, title: `reward; ${verdict(accuracy)}` },
        `${accuracy === 1 ? "✓" : accuracy > 0 ? "≈" : "✗"} ${plain(reward)}`),
      element("span", { class: "advantage", title: "advantage" }, element("span", { class: "lean" }, lean), element("b", {}, signed(advantage))),
    );
  }

  #stripes({ turns }) {
    const runs = turns.flatMap((turn) => turn.runs).filter(([kind]) => kind === SAMPLED);
    const total = runs.reduce((sum, [, , pieces]) => sum + pieces.length, 0);
    if (!total) return "none";
    let place = 0;
    const stops = runs.map(([, bucket, pieces]) => {
      const start = place;
      place += (100 * pieces.length) / total;
      return `var(--b${bucket}) ${start.toFixed(1)}% ${place.toFixed(1)}%`;
    });
    return `linear-gradient(to right, ${stops.join(", ")})`;
  }

  #mark(index) {
    const card = this.cards[index];
    card.classList.toggle("here", this.selected?.group === index);
    for (const row of card.querySelectorAll(".row")) {
      const trajectory = this.data.trajectories[row.dataset.trajectory];
      const isHere = trajectory === this.selected;
      row.classList.toggle("out", !trajectory.matches);
      row.tabIndex = isHere ? 0 : -1;
      if (isHere) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
}
