"""What the rules of VLMEvalKit and lmms-eval take for a reply's answer, stated anew from their behaviour.

The revisions are VLMEvalKit 2026-08-18 (``can_infer``, ``YOrN_Extraction``) and lmms-eval 2026-08-06
(``extract_mcq_answer``, the yes-or-no rule of MME). Where VLMEvalKit finds nothing it may ask a judge model; what is
stated here is its rule alone.
"""

import re
from collections.abc import Sequence

_LETTERS = "ABCDEFGHIJ"

_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_BLANKED = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_STATED = re.compile(r"answer\s+is\s+\**([A-D])\**", re.IGNORECASE)

_PUNCTUATION = re.compile(r"[;/\[\]\"{}()=+\\_\-><@`,?!.]")

_PHRASES = (
    "answer is",
    "correct option is",
    "best option is",
    "choice is",
    "i choose",
    "i select",
    "i pick",
    "옵션",
    "정답은",
    "답은",
    "답:",
    "答案是",
    "答案为",
    "选",
    "答えは",
)


def vlmevalkit_choice(reply: str, options: Sequence[str]) -> str | None:
    """One lone letter near the end, else "answer is X", else the one option whose text occurs in a short reply."""
    letters = _LETTERS[: len(options)]
    if "Failed to obtain answer via API" not in reply:
        if any(refusal in reply for refusal in _REFUSALS):
            return None
        words = reply.translate(_BLANKED).split()
        lone = [letter for letter in letters if letter in words]
        if len(lone) == 1 and words.index(lone[0]) > len(words) - 5:
            return lone[0]
        if not lone and "Z" in words:
            return None
        stated = _STATED.search(reply)
        if stated and stated[1].upper() in letters:
            return stated[1].upper()
    if len(reply) > 2 * sum(map(len, options)):
        return None
    named = [letter for letter, option in zip(letters, options, strict=True) if option.lower() in reply.lower()]
    return named[0] if len(named) == 1 else None


def lmms_eval_choice(reply: str, options: Sequence[str]) -> str | None:
    """The letter in the form that ranks highest, of equal ones the last: start, end, phrase, (B), B., B:, B), "B "."""
    letters = _LETTERS[: len(options)]
    text = reply.strip()
    for mark in ",.!?;:'\"":
        text = text.strip(mark)
    padded = f" {text} "
    bare = padded.strip()
    ranked: list[tuple[int, int, str]] = []
    for letter in letters:
        forms = ((6, f"({letter})"), (5, f"{letter}."), (4, f"{letter}:"), (3, f"{letter})"), (2, f"{letter} "))
        ranked += [(rank, padded.rfind(form), letter) for rank, form in forms if form in padded]
        if bare.startswith(letter) and not bare[1:2].isalpha():
            ranked.append((10, 0, letter))
        if bare.endswith(letter) and not bare[-2:-1].isalpha():
            ranked.append((9, len(padded) - 1, letter))
        for phrase in _PHRASES:
            start = padded.lower().find(phrase)
            place = padded.find(letter, start + len(phrase)) if start >= 0 else -1
            if place >= 0:
                ranked.append((7, place, letter))
    if not ranked:
        ranked = [(0, padded.rfind(letter), letter) for letter in letters if letter in padded]
    # The sort is stable: of equal rank and place the first letter wins.
    return max(ranked, key=lambda entry: entry[:2])[2] if ranked and text else None


def vlmevalkit_truth(reply: str) -> str | None:
    """The one of "yes" and "no" that is a word of the reply, without punctuation."""
    words = _PUNCTUATION.sub(" ", reply.lower()).split()
    said = [word for word in ("yes", "no") if word in words]
    return said[0] if len(said) == 1 else None


def lmms_eval_truth(reply: str) -> str | None:
    """The whole reply, else "yes" or "no" in its first four characters."""
    said = reply.lower().strip().replace(".", "")
    if said in ("yes", "no"):
        return said
    beginning = said[:4]
    return next((word for word in ("yes", "no") if word in beginning), None)
