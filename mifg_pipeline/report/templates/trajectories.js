// Ties the parts together: filters choose, the list shows groups, the reader shows the selected trajectory.

const data = JSON.parse(document.getElementById("data").textContent);
for (const [index, group] of data.groups.entries()) {
  Object.assign(group, { index, trajectories: [], key: data.questions[group.question].key.toLowerCase() });
}
for (const [index, trajectory] of data.trajectories.entries()) {
  Object.assign(trajectory, { index, matches: true });
  data.groups[trajectory.group].trajectories.push(trajectory);
}

const reader = document.getElementById("reader");
const list = new GroupList(document.getElementById("groups"), data, select);
const filters = new Filters(data, refresh);
let selected = null;

function select(trajectory) {
  if (trajectory === selected) return;
  selected = trajectory;
  list.select(trajectory);
  showTrajectory(reader, data, trajectory);
  history.replaceState(null, "", `#${addressOf(trajectory)}`);
}

// A place that stays the same when the page is written anew with other steps.
function addressOf(trajectory) {
  const { step, draw } = data.groups[trajectory.group];
  return `step-${step}-draw-${draw}-trajectory-${trajectory.sample + 1}`;
}

function refresh() {
  const groups = filters.apply();
  list.show(groups);
  const matching = data.trajectories.filter(({ matches }) => matches);
  if (matching.length && !selected?.matches) select(matching[0]);
  const shown = data.trajectories.length;

  const all = matching.length === shown;
  const number = all ? counted(shown, "trajectory", "trajectories") : `${thousands(matching.length)} of ${counted(shown, "trajectory", "trajectories")}`;
  const rest = data.stored > shown ? ` (drawn evenly from ${thousands(data.stored)})` : "";
  document.getElementById("count").textContent = `${number} in ${counted(groups.length, "group")}${rest}`;
}

function neighbour(key) {
  const matching = data.trajectories.filter(({ matches }) => matches);
  const here = selected.index;
  const { group } = selected;
  switch (key) {
    case "ArrowDown": return matching.find(({ index }) => index > here);
    case "ArrowUp": return matching.findLast(({ index }) => index < here);
    case "ArrowRight": return matching.find((other) => other.group > group);
    case "ArrowLeft": {
      const before = matching.findLast((other) => other.group < group);
      return before && matching.find((other) => other.group === before.group);
    }
    default: return undefined;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return filters.clear();
  const isField = event.target.matches("input, select");
  if (isField) return;
  if (event.key === "/") {
    event.preventDefault();
    return filters.search.focus();
  }
  const isScrolling = reader.contains(event.target) && /^Arrow(Up|Down)$/.test(event.key);
  const next = isScrolling || !selected ? undefined : neighbour(event.key);
  if (!next) return;
  event.preventDefault();
  select(next);
  list.focus();
});

const wanted = data.trajectories.find((trajectory) => `#${addressOf(trajectory)}` === location.hash);
refresh();
if (wanted) select(wanted);
if (selected) list.reveal();
