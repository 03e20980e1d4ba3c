"""Does looking again help: how likely an answer is with the tool's images, and with others in their place."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from mifg_pipeline.analysis.source import Source
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.imagent.views import make_view
from mifg_pipeline.items import Box
from mifg_pipeline.report.bootstrap import Interval, mean_interval
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.reward import reward
from mifg_pipeline.train.token_batch import token_batch


@dataclass(frozen=True)
class LookAgain:
    """One answer, and what it owes to the tool's images.

    Attributes:
        question: Key of the question.
        sample: Index among its trajectories.
        is_right: Whether the answer is.
        tokens: That the model sampled in the turn that answers.
        looks: Images that tools brought before it.
        logprob: Of those tokens, in nats, with the tool's images as they were.
        blank: That, less the log-probability with a blank in the place of each: above 0 where looking made the answer
            likelier.
        other: That, less the one with the same part of another image; None where the question has no other.
    """

    question: str
    sample: int
    is_right: bool
    tokens: int
    looks: int
    logprob: float
    blank: float
    other: float | None


@dataclass(frozen=True)
class Effect:
    """Differences of log-probability over several answers.

    Attributes:
        answers: ``all``, ``right`` or ``wrong``.
        against: What stands in the place of the tool's images: ``blank`` or ``other``.
        count: How many answers.
        difference: Mean in nats, with an interval by question.
        positive: Share of differences above 0.
    """

    answers: str
    against: str
    count: int
    difference: Interval
    positive: float


def has_looked_and_answered(line: TrainedTrajectory) -> bool:
    """Whether there is something to compare: an image that a tool brought, and an answer."""
    return line.trajectory.end is EndReason.ANSWERED and line.trajectory.has_looked


def look_again(source: Source, policy: Policy, on_done: Callable[[], None]) -> Iterator[LookAgain]:
    """Scores the answer of each trajectory with three versions of what its tools brought.

    Args:
        source: Trajectories that looked and answered.
        policy: The model.
        on_done: Called after each trajectory.
    """
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    temperature = source.settings.rollout.temperature
    grey = mean_colour(chat_format)
    for line in source.lines:
        trajectory, question = line.trajectory, source.questions.by_key(line.trajectory.question)
        tracks = source.tracks(line, chat_format)
        blank = with_tool_views(tracks, trajectory, [blank_view(view, grey) for view in tool_views(tracks, trajectory)])
        others = [other_view(view, question) for view in tool_views(tracks, trajectory)]
        found = [view for view in others if view is not None]
        as_it_was = answer_logprob(policy, tracks, vision_inputs, temperature)
        other = None
        if len(found) == len(others):
            exchanged = with_tool_views(tracks, trajectory, found)
            other = as_it_was - answer_logprob(policy, exchanged, vision_inputs, temperature)
        yield LookAgain(
            question=question.key,
            sample=trajectory.sample,
            is_right=reward(trajectory, question, source.settings.reward).is_right,
            tokens=len(answer_places(tracks)),
            looks=len(others),
            logprob=as_it_was,
            blank=as_it_was - answer_logprob(policy, blank, vision_inputs, temperature),
            other=other,
        )
        on_done()


@torch.no_grad()
def answer_logprob(policy: Policy, tracks: Tracks, vision_inputs: VisionInputs, temperature: float) -> float:
    """Log-probability, in nats, of all that was sampled in the last turn."""
    scored = torch.zeros(1, len(tracks.kinds), dtype=torch.bool)
    scored[0, answer_places(tracks)] = True
    batch = token_batch([0], [tracks], scored, vision_inputs, policy.merge_size)
    return float(policy(batch.to(policy.device), temperature).double().sum())


def answer_places(tracks: Tracks) -> list[int]:
    """Where the tokens stand that were sampled in the last turn."""
    last = max(tracks.turns)
    pairs = enumerate(zip(tracks.kinds, tracks.turns, strict=True))
    return [place for place, (kind, turn) in pairs if kind == TokenKind.SAMPLED and turn == last]


def tool_views(tracks: Tracks, trajectory: Trajectory) -> list[View]:
    """What the tools brought, in order."""
    return [tracks.views[turn.view] for turn in trajectory.turns if turn.view is not None]


def with_tool_views(tracks: Tracks, trajectory: Trajectory, views: Sequence[View]) -> Tracks:
    """The trajectory with other views, of the same sizes, in the place of what its tools brought."""
    places = [turn.view for turn in trajectory.turns if turn.view is not None]
    shown = list(tracks.views)
    for place, view in zip(places, views, strict=True):
        assert (view.height, view.width) == (shown[place].height, shown[place].width)
        shown[place] = view
    return replace(tracks, views=tuple(shown))


def mean_colour(chat_format: ChatFormat) -> tuple[int, ...]:
    """The colour that the image processor takes for the mean of all images: next to zero for the vision tower."""
    return tuple(round(255 * mean) for mean in chat_format.image_processor.image_mean)


def blank_view(view: View, colour: Sequence[int]) -> View:
    """A view of the same size that shows one colour. Its own mean would tell of what it showed."""
    pixels = np.empty_like(view.pixels)
    pixels[:] = colour
    return View(hashlib.sha256(pixels.tobytes()).hexdigest(), None, view.height, view.width, pixels)


def other_view(view: View, question: Question) -> View | None:
    """The same part of the question's next other image, in the same size; None where it has no other."""
    digests = [image.sha256 for image in question.images]
    place = digests.index(view.sha256)
    others = [image for image in (*question.images[place:], *question.images[:place]) if image.sha256 != view.sha256]
    if not others:
        return None
    box = None if view.box is None else _same_part(view.box, question.images[place], others[0])
    return make_view(others[0].sha256, others[0].pixels(), box, view.width, view.height)


def _same_part(box: Box, image: QuestionImage, other: QuestionImage) -> Box:
    """The box that covers the same share of another image; the same one where both have the same size."""
    (height, width), (other_height, other_width) = image.pixels().shape[:2], other.pixels().shape[:2]
    x0, x1 = _scaled(box[0], box[2], width, other_width)
    y0, y1 = _scaled(box[1], box[3], height, other_height)
    return x0, y0, x1, y1


def _scaled(start: int, stop: int, length: int, other: int) -> tuple[int, int]:
    low = min(start * other // length, other - 1)
    return low, max(low + 1, stop * other // length)


def effects(answers: Sequence[LookAgain], seed: int) -> list[Effect]:
    """Mean differences over all answers, the right and the wrong ones; what has no answer is left out.

    Args:
        answers: From ``look_again``.
        seed: Of the bootstrap.
    """
    sorts = {
        "all": list(answers),
        "right": [answer for answer in answers if answer.is_right],
        "wrong": [answer for answer in answers if not answer.is_right],
    }
    found = []
    for sort, chosen in sorts.items():
        for against in ("blank", "other"):
            pairs = [(one.question, value) for one in chosen if (value := getattr(one, against)) is not None]
            if pairs:
                questions, values = zip(*pairs, strict=True)
                positive = sum(value > 0 for value in values) / len(values)
                found.append(Effect(sort, against, len(pairs), mean_interval(values, questions, seed), positive))
    return found
