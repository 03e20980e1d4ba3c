// One trajectory in full: its question, its crops on the images, its turns with every token.

const SAMPLED = 1;

function showTrajectory(reader, data, trajectory) {
  const group = data.groups[trajectory.group];
  const question = data.questions[group.question];
  reader.replaceChildren(
    facts(data, trajectory),
    place(group, question, trajectory),
    element("p", { class: "asked-full" }, question.text),
    answers(question, trajectory),
    pictures(data, question, trajectory),
    ...trajectory.turns.map((turn, number) => turnOf(data, reader, turn, number)),
    ...(trajectory.failure ? [element("p", { class: "failure" }, trajectory.failure)] : []),
    prompt(data, question),
  );
  reader.scrollTop = 0;
}

function facts(data, trajectory) {
  const fact = (name, value, kind) =>
    element("div", {}, element("dt", {}, name), element("dd", { class: kind }, value));
  const { accuracy, reward, advantage } = trajectory;
  return element("dl", { class: "facts" },
    fact("ended", data.ends[trajectory.end]),
    fact("accuracy", `${plain(accuracy)} ${verdict(accuracy)}`, accuracy > 0 ? "right" : "wrong"),
    fact("reward", plain(reward)),
    fact("advantage", signed(advantage), advantage > 0 ? "right" : advantage < 0 ? "wrong" : null),
  );
}

function place(group, question, trajectory) {
  const words = `step ${group.step} · draw ${group.draw} · trajectory ${trajectory.sample + 1} · `;
  return element("p", { class: "place" }, words, element("code", {}, question.key));
}

function pictures(data, question, trajectory) {
  const figures = question.images.map((number, index) => {
    const image = data.images[number];
    const frame = element("button", { class: "picture", type: "button", "aria-pressed": "false", title: "enlarge" });
    frame.append(picture(image, `Image ${index + 1}`));
    if (!image.fault) frame.append(...evidence(question, image, index), ...crops(trajectory, image, index));
    frame.addEventListener("click", () => frame.setAttribute("aria-pressed", String(frame.ariaPressed !== "true")));
    return element("figure", {}, frame, element("figcaption", {}, `Image ${index + 1} · ${image.width}×${image.height}`));
  });
  return element("div", { class: ["pictures", "pictures", "pictures", "pictures three"][figures.length] || "pictures many" }, ...figures);
}

function evidence(question, image, index) {
  return question.evidence
    .filter(([shown]) => shown === index)
    .map(([, ...box]) => element("span", { class: "evidence", title: "evidence", style: boxStyle(box, image) }));
}

function crops(trajectory, image, index) {
  let wholes = 0;
  return trajectory.turns.flatMap((turn, number) => {
    if (turn.action !== "call" || turn.image !== index) return [];
    const kinds = ["crop", turn.box ? "" : "whole", turn.seen ? "" : "unseen"].join(" ").trim();
    const style = boxStyle(turn.box || [0, 0, image.width, image.height], image);
    const title = `turn ${number + 1}: ${turn.tool}${turn.seen ? "" : ", not shown"}`;
    const isAtTop = !turn.box || turn.box[1] < 0.12 * image.height;
    const label = element("b", { class: isAtTop && "inside" }, String(number + 1));
    if (!turn.box) label.style.left = `${1.2 * wholes++}rem`;
    return [element("span", { class: kinds, "data-turn": number, title, style }, label)];
  });
}

function boxStyle([x0, y0, x1, y1], { width, height }) {
  const share = (value, whole) => `${((100 * value) / whole).toFixed(2)}%`;
  return `left:${share(x0, width)};top:${share(y0, height)};width:${share(x1 - x0, width)};height:${share(y1 - y0, height)}`;
}

function answers(question, trajectory) {
  const said = trajectory.answer === null ? "no answer" : trajectory.answer;
  if (!question.options.length) {
    const key = question.answer === null ? [] : [element("li", { class: "key" }, `Key: ${question.answer}`)];
    return element("ul", { class: "choices" }, ...key, element("li", {}, `Answered: ${said}`));
  }
  const options = question.options.map((text, index) => {
    const letter = String.fromCharCode(65 + index);
    const chosen = said.trim().replace(/[.)]$/, "").toUpperCase() === letter;
    const kinds = [letter === question.answer ? "key" : "", chosen ? "given" : ""].join(" ").trim();
    return element("li", { class: kinds || null }, `${letter}. ${text}`);
  });
  return element("ul", { class: "choices" }, ...options, element("li", { class: "faint" }, `answered: ${said}`));
}

function turnOf(data, reader, turn, number) {
  const sampled = turn.runs.filter(([kind]) => kind === SAMPLED);
  const given = turn.runs.filter(([kind]) => kind !== SAMPLED);
  const made = element("section", { class: "turn", "data-turn": number },
    element("h2", {}, `Turn ${number + 1}`, ...doing(turn), element("span", {}, buckets(data, sampled))),
    textOf(data, sampled, "text"),
    ...(given.length ? [textOf(data, given, "text given-text")] : []),
  );
  const light = (on) => {
    for (const crop of reader.querySelectorAll(`.crop[data-turn="${number}"]`)) crop.classList.toggle("lit", on);
  };
  made.addEventListener("pointerenter", () => light(true));
  made.addEventListener("pointerleave", () => light(false));
  return made;
}

function doing(turn) {
  if (turn.action === "invalid") return [element("span", { class: "fault" }, `invalid action: ${turn.reason.replaceAll("_", " ")}`)];
  if (turn.action !== "call") return [element("span", {}, turn.action === "answer" ? "answer" : "no action")];
  const words = `${turn.tool} of image ${turn.image + 1}` + (turn.box ? `, ${turn.box.join(", ")}` : "");
  return [element("span", {}, words + (turn.seen ? "" : ": not shown"))];
}

function buckets(data, runs) {
  const counts = new Map();
  for (const [, bucket, pieces] of runs) {
    const tokens = pieces.reduce((sum, piece) => sum + tokensOf(data, piece), 0);
    counts.set(bucket, (counts.get(bucket) || 0) + tokens);
  }
  return [...counts].map(([bucket, tokens]) => `${data.buckets[bucket][0]}: ${counted(tokens, "token")}`).join(", ");
}

function tokensOf(data, piece) {
  return piece < 0 ? -piece : data.pieces[piece][1].split(" ").length;
}

function textOf(data, runs, kind) {
  const text = element("p", { class: kind });
  for (const [, bucket, pieces, logprobs] of runs) {
    pieces.forEach((piece, index) => text.append(token(data, bucket, piece, logprobs[index])));
  }
  return text;
}

function token(data, bucket, piece, logprob) {
  const [name, meaning] = data.buckets[bucket];
  if (piece < 0) return element("span", { class: "image-token", title: `${name}: ${meaning}` }, `image of ${counted(-piece, "token")}`);
  const [text, ids] = data.pieces[piece];
  const sure = logprob === undefined ? "" : `, log p ${logprob === null ? "not finite" : plain(logprob)}`;
  const title = `${name}: ${meaning}\n${ids.includes(" ") ? "tokens" : "token"} ${ids}${sure}`;
  return element("span", { class: "token", style: `background:var(--b${bucket})`, title }, visible(text));
}

// What would be invisible, or turn the direction of the text, gets a sign of its own.
function visible(text) {
  return text
    .replace(/[^\P{C}\n\t]|\p{Zl}|\p{Zp}/gu, (character) => {
      return `<U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
    })
    .replaceAll("\n", "↵\n");
}

function prompt(data, question) {
  const text = element("p", { class: "text" });
  for (const part of question.prompt) {
    text.append(part < 0 ? token(data, 1, part) : data.texts[part]);
  }
  return element("details", { class: "prompt" }, element("summary", {}, "Prompt"), text);
}
