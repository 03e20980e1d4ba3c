"""Plays episodes with an engine: token ids in, token ids out, and nothing decoded is ever encoded again."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest, TurnSampler
from mifg_pipeline.engines.ledger import ImageTokenMismatch, TokenKind, TokenLedger, Tracks
from mifg_pipeline.engines.view import View
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.episode import Episode, Look, Observation, TurnBudget
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.trajectory import ShownView, TokenTracks, Trajectory
from mifg_pipeline.imagent.views import crop_view, first_view
from mifg_pipeline.images.frame import Frame

if TYPE_CHECKING:
    from mifg_pipeline.engines.chat_format import ChatFormat


@dataclass(frozen=True)
class Attempt:
    """One episode to be played.

    Attributes:
        question: What is asked.
        sample: Index among the episodes of the question.
        seed: Of all its turns.
    """

    question: Question
    sample: int
    seed: int


@dataclass(frozen=True)
class Played:
    """A finished episode.

    Attributes:
        trajectory: As it is stored.
        tracks: Its tokens and its views with their pixels, for the trainer.
    """

    trajectory: Trajectory
    tracks: Tracks


def rollout(
    engine: TurnSampler,
    chat_format: "ChatFormat",
    attempts: Sequence[Attempt],
    settings: EpisodeSettings,
    temperature: float,
    enough: int | None = None,
) -> Iterator[tuple[int, Played]]:
    """Plays all attempts at once and yields each, with its index, as soon as it ends.

    A turn is submitted as soon as the one before it is done, whatever the other episodes do. An episode that the
    machinery ends is yielded like any other: whether to play it again is the caller's decision.

    Args:
        engine: What samples turns.
        chat_format: Of the engine's model.
        attempts: What to play.
        settings: Tools and limits.
        temperature: Of sampling.
        enough: Once so many episodes have ended, faults left out, those that still play are abandoned; all play to
            their ends where None.

    Raises:
        MifgError: If an image cannot be used, or a question has more images than an episode may.
    """
    images = _Images(chat_format, settings)
    playing: dict[int, _Play] = {}
    ended = 0
    for index, attempt in enumerate(attempts):
        playing[index] = _Play(attempt, images)
        end = playing[index].go_on(engine, index, temperature)
        if end is not None:
            ended += 1
            yield index, playing.pop(index).finished(end)
    while playing and (enough is None or ended < enough):
        turns = engine.step()
        assert turns, "an engine with requests left returned none of them"
        for turn in turns:
            play = playing[turn.key]
            end = play.take(turn) or play.go_on(engine, turn.key, temperature)
            if end is not None:
                ended += not end.is_fault
                yield turn.key, playing.pop(turn.key).finished(end)
    engine.abort(playing.keys())
    for index, play in playing.items():
        yield index, play.finished(EndReason.ABANDONED)


class _Images:
    """What the model sees of the questions' images; first views are made once and shared by all episodes."""

    def __init__(self, chat_format: "ChatFormat", settings: EpisodeSettings) -> None:
        self.chat_format = chat_format
        self.settings = settings
        self.coordinates = settings.coordinates or chat_format.default_coordinates
        self._first: dict[str, tuple[View, Frame]] = {}

    def first(self, image: QuestionImage) -> tuple[View, Frame]:
        """The view that the question shows, and how the model speaks of places in it."""
        if image.sha256 not in self._first:
            pixels = image.pixels()
            view = first_view(image.sha256, pixels, self.settings, self.chat_format.token_side)
            height, width = pixels.shape[:2]
            if self.coordinates == "thousandths":
                frame = Frame.in_thousandths(width, height)
            else:
                frame = Frame(width, height, view.width, view.height)
            self._first[image.sha256] = (view, frame)
        return self._first[image.sha256]

    def view(self, image: QuestionImage, look: Look) -> View:
        """What a look shows: the very same view again where it is the whole image."""
        if look.box is None:
            return self.first(image)[0]
        return crop_view(image.sha256, image.pixels(), look.box, self.settings, self.chat_format.token_side)


class _Play:
    """An episode and its ledger."""

    def __init__(self, attempt: Attempt, images: _Images) -> None:
        frames = [images.first(image)[1] for image in attempt.question.images]
        self._attempt = attempt
        self._images = images
        self._format = images.chat_format
        self._episode = Episode(attempt.question, frames, images.settings, images.coordinates)
        self._ledger = TokenLedger(self._format.image_token_id, self._format.tokens_of)
        self._failure: str | None = None
        system, parts = self._episode.prompt()
        shown, views = self._show(parts)
        self._ledger.add(TokenKind.PROMPT, self._format.prompt(system, shown), views, turn=-1)

    def go_on(self, engine: TurnSampler, key: int, temperature: float) -> EndReason | None:
        """Submits the next turn; how the episode ends where no token is left for one."""
        self._budget = TurnBudget.of(self._images.settings, len(self._ledger))
        if self._budget.tokens < 1:
            return EndReason.OVER_LENGTH
        request = SamplingRequest(
            key=key,
            token_ids=self._ledger.engine_token_ids,
            views=self._ledger.views,
            max_tokens=self._budget.tokens,
            temperature=temperature,
            seed=_turn_seed(self._attempt.seed, len(self._episode.turns)),
        )
        engine.submit(request)
        return None

    def take(self, turn: SampledTurn) -> EndReason | None:
        """Takes a sampled turn and shows the model what it asked for; how the episode ends where that ends it."""
        if turn.failure is not None:
            self._failure = turn.failure
            return EndReason.INFRA_ERROR
        try:
            self._ledger.check_prompt(turn.prompt_token_ids)
        except ImageTokenMismatch as mismatch:
            self._failure = str(mismatch)
            return EndReason.IMAGE_TOKEN_MISMATCH
        number = len(self._episode.turns)
        self._ledger.add_sampled(turn.token_ids, turn.logprobs, turn=number)
        text = self._format.decode(turn.token_ids)
        if not turn.is_finished:
            self._episode.cut(text)
            return self._budget.end
        observation = self._episode.take(text)
        return observation if isinstance(observation, EndReason) else self._observe(observation, number)

    def finished(self, end: EndReason) -> Played:
        """The episode, ended."""
        tracks = self._ledger.tracks()
        views = [ShownView.of(view) for view in tracks.views]
        trajectory = self._episode.trajectory(self._attempt.sample, end, views, TokenTracks.of(tracks), self._failure)
        return Played(trajectory, tracks)

    def _observe(self, observation: Observation, turn: int) -> EndReason | None:
        """Adds an observation whole, or not at all where it leaves no token for a turn."""
        shown, views = self._show(observation)
        token_ids = self._format.observation(shown)
        if self._ledger.length_with(token_ids, views) >= self._images.settings.max_tokens:
            return EndReason.OVER_LENGTH
        self._ledger.add(TokenKind.OBSERVATION, token_ids, views, turn=turn)
        return None

    def _show(self, parts: Observation) -> tuple[list[str | View], list[View]]:
        images = self._attempt.question.images
        shown = [self._images.view(images[part.image], part) if isinstance(part, Look) else part for part in parts]
        return shown, [part for part in shown if isinstance(part, View)]


def _turn_seed(seed: int, turn: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{turn}".encode()).digest()[:8], "big") >> 1
