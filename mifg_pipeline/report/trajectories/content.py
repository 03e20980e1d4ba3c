"""What the page holds: questions, images, groups and trajectories, and every text and image once."""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, Generic, NamedTuple, TypeVar

from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.bucket import GIVEN
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import TurnRecord
from mifg_pipeline.items import Answer
from mifg_pipeline.report.thumbnail import thumbnail_of
from mifg_pipeline.report.trajectories.token_text import TokenText

PICTURE_SIDE: Final = 560
"""Longest side of a picture on the page, pixels."""

NOT_KNOWN: Final = 0
"""In place of a bucket: the step failed before the mask was made. ``Bucket.PADDING`` is never stored."""

REST_OF_CHARACTER: Final = "⋯"
"""Stands for tokens of the character before it that are in another bucket than its first ones."""

END_REASONS: Final = tuple(EndReason)

_Value = TypeVar("_Value", bound=Hashable)
_Json = dict[str, Any]
_Cell = tuple[int, int, float | None]
"""Bucket, piece and log-probability."""


class _Token(NamedTuple):
    id: int
    kind: TokenKind
    bucket: int
    turn: int
    logprob: float


class Numbered(Generic[_Value]):
    """Numbers values in the order of their first mention."""

    def __init__(self) -> None:
        self._numbers: dict[_Value, int] = {}

    def __call__(self, value: _Value) -> int:
        """The number of a value, counted from 0."""
        return self._numbers.setdefault(value, len(self._numbers))

    def __iter__(self) -> Iterator[_Value]:
        return iter(self._numbers)


class PageContent:
    """Collects trajectories, and gives them as the page's script reads them.

    Args:
        question_of: Finds a question by its key; raises ``MifgError`` where there is none.
        token_text: Of the run's model.
    """

    def __init__(self, question_of: Callable[[str], Question], token_text: TokenText) -> None:
        self._question_of = question_of
        self._token_text = token_text
        self._pieces: Numbered[tuple[str, tuple[int, ...]]] = Numbered()
        self._texts: Numbered[str] = Numbered()
        self._images: dict[str, tuple[int, _Json]] = {}
        self._questions: dict[str, tuple[int, _Json]] = {}
        self._groups: list[_Json] = []
        self._trajectories: list[_Json] = []

    def add(self, group: Sequence[TrainedTrajectory]) -> None:
        """Adds the trajectories of one draw.

        Raises:
            MifgError: If their question is not in the dataset.
        """
        first = group[0]
        question = self._question(first)
        self._groups.append({"step": first.step, "draw": first.draw, "question": question})
        self._trajectories += [self._trajectory(one) for one in group]

    def as_json(self) -> _Json:
        """Everything, as ``templates/trajectories*.js`` read it."""
        return {
            "ends": [reason.value.replace("_", " ") for reason in END_REASONS],
            "pieces": [[text, " ".join(map(str, token_ids))] for text, token_ids in self._pieces],
            "texts": list(self._texts),
            "images": [image for _, image in self._images.values()],
            "questions": [question for _, question in self._questions.values()],
            "groups": self._groups,
            "trajectories": self._trajectories,
        }

    def _question(self, line: TrainedTrajectory) -> int:
        key = line.trajectory.question
        if key not in self._questions:
            question = self._question_of(key)
            content = {
                "key": key,
                "text": question.text,
                "options": question.options or (),
                "answer": _answer_text(question.answer),
                "images": [self._image(image) for image in question.images],
                "evidence": [[region.image, *region.bbox] for region in question.evidence],
                "prompt": self._prompt(line),
            }
            self._questions[key] = (len(self._questions), content)
        return self._questions[key][0]

    def _image(self, image: QuestionImage) -> int:
        if image.sha256 not in self._images:
            self._images[image.sha256] = (len(self._images), _picture(image))
        return self._images[image.sha256][0]

    def _prompt(self, line: TrainedTrajectory) -> list[int]:
        """The prompt's texts by number, and -n for an image of n tokens."""
        tracks = line.trajectory.tracks
        given = [token for token, kind in zip(tracks.token_ids, tracks.kinds, strict=True) if kind == TokenKind.PROMPT]
        runs = groupby(given, key=self._is_image)
        return [-len([*run]) if is_image else self._texts(self._token_text.text([*run])) for is_image, run in runs]

    def _trajectory(self, line: TrainedTrajectory) -> _Json:
        trajectory = line.trajectory
        runs = self._runs_by_turn(line)
        records = trajectory.turns
        return {
            "group": len(self._groups) - 1,
            "sample": trajectory.sample,
            "end": END_REASONS.index(trajectory.end),
            "accuracy": line.accuracy,
            "reward": line.reward,
            "advantage": line.advantage,
            "looked": trajectory.has_looked,
            "answer": trajectory.answer,
            "failure": trajectory.failure,
            "turns": [
                {**(_action(records[turn]) if turn < len(records) else {"action": "none"}), "runs": runs.get(turn, [])}
                for turn in range(max(len(records), max(runs, default=-1) + 1))
            ],
        }

    def _runs_by_turn(self, line: TrainedTrajectory) -> dict[int, list[list[Any]]]:
        """The tokens behind the prompt, in runs of one kind and bucket.

        A run is ``[kind, bucket, pieces, log-probabilities]``: pieces by number, or -n for an image of n tokens;
        log-probabilities of sampled tokens only, null where they are not finite.
        """
        tracks = line.trajectory.tracks
        kinds = tuple(map(TokenKind, tracks.kinds))
        buckets = line.buckets or tuple(GIVEN.get(kind, NOT_KNOWN) for kind in kinds)
        tokens = [
            _Token(*track)
            for track in zip(tracks.token_ids, kinds, buckets, tracks.turns, tracks.logprobs, strict=True)
        ]
        runs: dict[int, list[list[Any]]] = {}
        for (turn, kind, is_image), group in groupby(tokens, lambda one: (one.turn, one.kind, self._is_image(one.id))):
            if kind is TokenKind.PROMPT:
                continue
            part = list(group)
            cells = _image_cells(part) if is_image else self._text_cells(part)
            for bucket, run in groupby(cells, lambda cell: cell[0]):
                _, pieces, logprobs = zip(*run, strict=True)
                runs.setdefault(turn, []).append([kind, bucket, pieces, logprobs if kind is TokenKind.SAMPLED else ()])
        return runs

    def _text_cells(self, tokens: Sequence[_Token]) -> Iterator[_Cell]:
        """Pieces of text; one whose tokens are in several buckets is divided, and its text stands at the first part."""
        place = 0
        for piece in self._token_text.pieces([token.id for token in tokens]):
            text = piece.text
            for bucket, part in groupby(tokens[place : place + len(piece.token_ids)], lambda token: token.bucket):
                token_ids, logprobs = zip(*((token.id, token.logprob) for token in part), strict=True)
                total = math.fsum(logprobs) if all(map(math.isfinite, logprobs)) else None
                yield bucket, self._pieces((text, token_ids)), total if total is None else round(total, 3)
                text = REST_OF_CHARACTER
            place += len(piece.token_ids)

    def _is_image(self, token_id: int) -> bool:
        return token_id == self._token_text.image_token_id


def _image_cells(tokens: Sequence[_Token]) -> Iterator[_Cell]:
    for bucket, part in groupby(tokens, lambda token: token.bucket):
        yield bucket, -len([*part]), 0.0


def _action(turn: TurnRecord) -> _Json:
    return {
        "action": turn.action,
        "reason": turn.reason,
        "tool": turn.tool,
        "image": turn.image,
        "box": turn.box,
        "seen": turn.view is not None,
    }


def _answer_text(answer: Answer | None) -> str | None:
    """The key as a reply says it."""
    if answer is None:
        return None
    value = answer.value
    if isinstance(value, tuple):
        return ", ".join(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _picture(image: QuestionImage) -> _Json:
    """A picture with the sides of its original, which boxes are in."""
    shown = thumbnail_of(image.pixels, PICTURE_SIDE)
    height, width = (0, 0) if shown.fault else image.pixels().shape[:2]
    return {"src": shown.data_uri, "fault": shown.fault, "width": width, "height": height}
