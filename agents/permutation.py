"""Shows a draft's images in another order, so that its question and answer stay the same in other words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mifg_pipeline.gates.references import renumbered, without_references
from mifg_pipeline.items import Answer, Draft

_NUMBER = re.compile(r"\d+", re.ASCII)
_PAIRS = re.compile(r"\d+[–-]\d+(?:, \d+[–-]\d+)+", re.ASCII)
_SEVERAL_NUMBERS = re.compile(r"\d+(?:\s*[,;>–-]\s*|\s+and\s+)\d+", re.ASCII)
_POSITION = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|last|next|previous|former|latter|preceding|following)\s+"
    r"(?:\w+\s+)?(?:images?|pictures?|photos?|photographs?|ones?)\b",
    re.IGNORECASE,
)
_ASKS_FOR_AN_IMAGE = re.compile(
    r"\bwhich\b|\b(?:what|number of the|number of an) image\b|\bimage'?s? numbers?\b", re.IGNORECASE
)
_ASKS_FOR_A_COUNT = re.compile(r"\bhow many\b", re.IGNORECASE)


@dataclass(frozen=True)
class Permutation:
    """An order of a draft's images.

    Attributes:
        order: For each place the index of the draft's image that is shown there.
    """

    order: tuple[int, ...]

    @property
    def inverse(self) -> "Permutation":
        """The order that undoes this one."""
        return Permutation(tuple(self.order.index(image) for image in range(len(self.order))))

    def place(self, image: int) -> int:
        """Where an image of the draft is shown (0-based); an index that is none of the draft's stays."""
        return self.order.index(image) if image in self.order else image

    def number(self, number: int) -> int:
        """The new number (1-based) of an image."""
        return self.place(number - 1) + 1

    def text(self, text: str) -> str:
        """The text with its names of images renumbered ("Image 1", "Images 2 and 3")."""
        return renumbered(text, self.number)

    def numbers(self, text: str) -> str:
        """The text with all its bare numbers renumbered."""
        return _NUMBER.sub(lambda number: str(self.number(int(number.group()))), text)

    def answer_text(self, text: str, answer: Answer) -> str:
        """A reply to a draft with this answer, renumbered."""
        return self.numbers(text) if lists_images(answer, len(self.order)) else self.text(text)


def permuted(draft: Draft, permutation: Permutation) -> Draft:
    """The draft with its images in another order, and everything that speaks of them renumbered.

    Renumbered are names of images ("Image 2", "Images 1–3") in question, options and textual answers, pairings of
    images ("2–6, 3–1") among the options, and lists of image numbers as answers. The claim is dropped.

    Args:
        draft: One that ``can_be_permuted``.
        permutation: Of as many images as the draft has.
    """
    options = draft.options
    if options is not None:
        are_pairings = _are_pairings(options, len(draft.images))
        options = tuple(map(permutation.numbers if are_pairings else permutation.text, options))
    return draft.model_copy(
        update={
            "images": tuple(draft.images[image] for image in permutation.order),
            "roles": tuple(draft.roles[image] for image in permutation.order),
            "question": permutation.text(draft.question),
            "options": options,
            "answer": _permuted_answer(draft.answer, permutation),
            "evidence": tuple(
                region.model_copy(update={"image": permutation.place(region.image)}) for region in draft.evidence
            ),
            "claim": None,
        }
    )


def can_be_permuted(draft: Draft) -> bool:
    """Whether all that speaks of images in a draft can be told from other numbers and words.

    Not so where the text names an image by its position ("the second image"), where an answer or option is a bare
    number that may be an image's while the question asks for an image rather than "how many", and where options are
    lists of bare numbers.
    """
    options = draft.options or ()
    if any(_POSITION.search(text) for text in (draft.question, *options)):
        return False
    count = len(draft.images)
    if _are_pairings(options, count):
        return True
    if any(_SEVERAL_NUMBERS.search(without_references(option, " ")) for option in options):
        return False
    if draft.answer.kind == "list":
        return lists_images(draft.answer, count) or not any(map(_NUMBER.search, _elements(draft.answer)))
    answers = options or (draft.answer_text(), *draft.answer.aliases)
    may_name_an_image = any(_NUMBER.fullmatch(text.strip()) and 1 <= int(text) <= count for text in answers)
    return (
        not may_name_an_image
        or _ASKS_FOR_A_COUNT.search(draft.question) is not None
        or _ASKS_FOR_AN_IMAGE.search(draft.question) is None
    )


def lists_images(answer: Answer, count: int) -> bool:
    """Whether an answer is a list of nothing but numbers of images, of which there are ``count``."""
    return answer.kind == "list" and all(
        _NUMBER.fullmatch(element) and 1 <= int(element) <= count for element in _elements(answer)
    )


def _permuted_answer(answer: Answer, permutation: Permutation) -> Answer:
    if isinstance(answer.value, tuple):
        renumbered_elements = tuple(permutation.answer_text(element, answer) for element in answer.value)
        return answer.model_copy(update={"value": renumbered_elements})
    if answer.kind == "text":
        aliases = tuple(map(permutation.text, answer.aliases))
        return answer.model_copy(update={"value": permutation.text(str(answer.value)), "aliases": aliases})
    return answer


def _are_pairings(options: Sequence[str], count: int) -> bool:
    """Whether all options pair images ("2–6, 3–1")."""
    return bool(options) and all(
        _PAIRS.fullmatch(option) and all(1 <= number <= count for number in _numbers(option)) for option in options
    )


def _numbers(text: str) -> Iterable[int]:
    return map(int, _NUMBER.findall(text))


def _elements(answer: Answer) -> tuple[str, ...]:
    return answer.value if isinstance(answer.value, tuple) else ()
