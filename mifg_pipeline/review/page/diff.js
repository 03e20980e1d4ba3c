// What an edit changes, word by word. Pure.

const MOST_WORDS = 1500;

/**
 * The words of both texts in order.
 *
 * @returns {{kind: "same" | "gone" | "new", text: string}[]} longest common subsequence of words; of texts that are
 *   too long to compare, all of the one and then all of the other
 */
export function wordDiff(before, after) {
  if (before === after) return [{ kind: "same", text: before }];
  const [a, b] = [words(before), words(after)];
  if (a.length > MOST_WORDS || b.length > MOST_WORDS) return [{ kind: "gone", text: before }, { kind: "new", text: after }];
  return joined(walk(a, b, commonLengths(a, b)));
}

const words = (text) => text.match(/\s+|[\p{L}\p{N}]+|./gsu) ?? [];

// lengths[i][j]: of the longest common subsequence of a from i on and b from j on.
function commonLengths(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}

function walk(a, b, lengths) {
  const parts = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push({ kind: "same", text: a[i] });
      i += 1;
      j += 1;
    } else if (j === b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      parts.push({ kind: "gone", text: a[i] });
      i += 1;
    } else {
      parts.push({ kind: "new", text: b[j] });
      j += 1;
    }
  }
  return parts;
}

function joined(parts) {
  const runs = [];
  for (const { kind, text } of parts) {
    if (runs.at(-1)?.kind === kind) runs.at(-1).text += text;
    else runs.push({ kind, text });
  }
  return runs;
}
