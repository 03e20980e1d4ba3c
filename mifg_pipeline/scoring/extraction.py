"""Finds the answer in a reply."""

import re

# ASCII: without it, IGNORECASE takes the long s (U+017F) for an s, and a look-alike for a tag.
_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE | re.ASCII)
_LEAD = re.compile(r"\banswer(?: is:?|:)", re.IGNORECASE | re.ASCII)


def without_thoughts(reply: str) -> str:
    """A reply without what stands between ``<think>`` and ``</think>``.

    A thought that is never closed goes on to the end; one that a chat template has opened begins with the reply.
    """
    *thoughtful, last = reply.split("</think>")
    said = [before for before, opened, _ in (part.partition("<think>") for part in thoughtful) if opened]
    return "".join((*said, last.partition("<think>")[0]))


def extract_answer(reply: str, lenient: bool = False) -> str | None:
    """What stands in the last ``<answer>…</answer>`` of a reply, thoughts aside, in time linear in its length.

    A closing tag closes the nearest opening tag before it, so of nested tags the innermost counts. An opening tag
    that is never closed is no answer, and neither hides the complete one before it.

    The lenient mode reads a reply without a complete pair as well: what follows the last opening tag, else the last
    line that is not blank, from behind its last "answer is" or "answer:". A reply was read leniently exactly when
    ``extract_answer(reply)`` is None; whoever reports lenient scores reports the share of such replies with them.

    Args:
        reply: Text of any length.
        lenient: Whether to guess where the tags are missing.

    Returns:
        The answer without the white space around it, perhaps empty; None where there is none.
    """
    reply = without_thoughts(reply)
    answer: str | None = None
    opened: int | None = None
    for tag in _TAG.finditer(reply):
        if not tag.group(1):
            opened = tag.end()
        elif opened is not None:
            answer = reply[opened : tag.start()]
            opened = None
    if answer is None and lenient:
        answer = reply[opened:] if opened is not None else _last_statement(reply)
    return answer.strip() if answer is not None else None


def _last_statement(reply: str) -> str | None:
    line = reply.rstrip().rpartition("\n")[2]
    end_of_lead = max((lead.end() for lead in _LEAD.finditer(line)), default=0)
    return line[end_of_lead:] or None
