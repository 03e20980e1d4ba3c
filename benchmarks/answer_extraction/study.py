"""Errors in reading the answer of a reply: our scorer beside the rules of VLMEvalKit and lmms-eval.

Run as ``python benchmarks/answer_extraction/study.py``; ``--errors`` lists what our scorer misreads.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from other_rules import lmms_eval_choice, lmms_eval_truth, vlmevalkit_choice, vlmevalkit_truth

from mifg_pipeline.items import AnswerKind
from mifg_pipeline.scoring import extract_answer, find_answer
from mifg_pipeline.scoring.choices import read_choice

REPLIES = Path(__file__).parent / "replies.jsonl"


@dataclass(frozen=True)
class Reply:
    """A reply with what it says.

    Attributes:
        kind: The form in which it says it.
        reply: As the model wrote it.
        options: Of a multiple-choice question; None where yes or no was asked.
        says: The letter that it chooses, "yes" or "no"; None where it decides for nothing.
        source: Where it was published, or ``ours``.
    """

    kind: str
    reply: str
    options: list[str] | None
    says: str | None
    source: str


Rule = Callable[[str, Sequence[str] | None], str | None]


def our_rule(reply: str, options: Sequence[str] | None) -> str | None:
    """What the lenient mode of our scorer takes for the answer."""
    tagged = extract_answer(reply)
    kind: AnswerKind = "boolean" if options is None else "choice"
    if tagged is None or options is None:
        return find_answer(reply, kind, options)
    return read_choice(options, tagged)


def vlmevalkit_rule(reply: str, options: Sequence[str] | None) -> str | None:
    """What VLMEvalKit takes for the answer without a judge."""
    return vlmevalkit_truth(reply) if options is None else vlmevalkit_choice(reply, options)


def lmms_eval_rule(reply: str, options: Sequence[str] | None) -> str | None:
    """What lmms-eval takes for the answer."""
    return lmms_eval_truth(reply) if options is None else lmms_eval_choice(reply, options)


RULES: dict[str, Rule] = {"ours": our_rule, "VLMEvalKit": vlmevalkit_rule, "lmms-eval": lmms_eval_rule}


def load_replies() -> list[Reply]:
    """The replies of the study."""
    return [Reply(**json.loads(line)) for line in REPLIES.read_text(encoding="utf-8").splitlines()]


def errors_by_kind(replies: Sequence[Reply]) -> dict[str, dict[str, int]]:
    """How many replies of each kind every rule misreads, by kind and rule."""
    table: dict[str, dict[str, int]] = {}
    for reply in replies:
        row = table.setdefault(reply.kind, dict.fromkeys(RULES, 0))
        for name, rule in RULES.items():
            row[name] += rule(reply.reply, reply.options) != reply.says
    return table


def markdown(replies: Sequence[Reply]) -> str:
    """The errors of every rule by kind, as a table."""
    table = errors_by_kind(replies)
    counts = Counter(reply.kind for reply in replies)
    lines = ["| kind of reply | replies | " + " | ".join(RULES) + " |", "| --- |" + " ---: |" * (len(RULES) + 1)]
    for kind, row in sorted(table.items()):
        lines.append(f"| {kind} | {counts[kind]} | " + " | ".join(str(row[name]) for name in RULES) + " |")
    totals = (sum(row[name] for row in table.values()) for name in RULES)
    lines.append(f"| **all** | {len(replies)} | " + " | ".join(f"**{total}**" for total in totals) + " |")
    return "\n".join(lines)


def misread(replies: Sequence[Reply]) -> str:
    """What our scorer misreads."""
    said = ((reply, our_rule(reply.reply, reply.options)) for reply in replies)
    return "\n".join(
        f"{reply.kind}: says {reply.says}, read as {text}\n{reply.reply}\n"
        for reply, text in said
        if text != reply.says
    )


def main() -> None:
    """Prints the table, or what our scorer misreads."""
    replies = load_replies()
    sys.stdout.write((misread if "--errors" in sys.argv else markdown)(replies) + "\n")


if __name__ == "__main__":
    main()
