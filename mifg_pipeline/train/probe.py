"""One short turn, sampled by the engine and scored by the policy: whether both are the same model still.

A stale weight, a stale image feature, or an image of other size would go into every trajectory and raise no error. The
probe looks for them before the first step and after each update. It shows the same images and words every time, so
that whatever an engine kept from before the update shows.
"""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import torch

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest, TurnSampler
from mifg_pipeline.engines.ledger import ImageTokenMismatch, TokenKind, TokenLedger
from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.messages import system_text
from mifg_pipeline.imagent.views import view_size
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.rescoring import rescored

TURN_TOKENS = 16
"""Most tokens of the probe's turn."""

SIDES = ((3, 2), (2, 3))
"""Columns and rows of visual tokens of its images, where the episode allows so many pixels."""

QUESTION = "?"

LARGEST_GAP = {torch.float32: 1e-4, torch.bfloat16: 0.5}
"""Nats by which one token may differ, by the type of the weights: ten times what is seen of two correct engines."""

ASK_THE_DOCTOR = "`mifg doctor` with the same CONFIG says which part of the engine is at fault."


class Probe:
    """Asks the engine for a short turn and scores it.

    Args:
        policy: That is trained.
        engine: That samples for it.
        chat_format: Of their checkpoint.
        settings: Of the run.

    Attributes:
        system: The system message of the run's episodes.
        parts: Of the user's message: two images, or one where no more are allowed, and a word.
    """

    def __init__(self, policy: Policy, engine: TurnSampler, chat_format: ChatFormat, settings: TrainSettings) -> None:
        self._policy = policy
        self._engine = engine
        self._chat_format = chat_format
        self._settings = settings
        self._vision_inputs = VisionInputs(chat_format.image_processor)
        coordinates = settings.episode.coordinates or chat_format.default_coordinates
        self.system = system_text(settings.episode, coordinates)
        self.parts = self.question_about_noise(0)

    @property
    def limit(self) -> float:
        """Most difference in log-probability, in nats: ``rollout.max_gap``, or what the type of the weights allows."""
        own = self._settings.rollout.max_gap
        return LARGEST_GAP[self._policy.model.dtype] if own is None else own

    def check(self, seed: int) -> float:
        """Refuses an engine that is not the policy's model.

        Args:
            seed: Of the turn.

        Returns:
            The gap, in nats.

        Raises:
            MifgError: If the gap is above ``limit``, or the engine fails, or reads or samples what it must not.
        """
        gap = self.gap(self.system, self.parts, seed)
        if gap <= self.limit:
            return gap
        raise MifgError(
            f"Engine and trainer differ by {gap:.2g} nats in the log-probability of a token, above {self.limit:g}.",
            f"{ASK_THE_DOCTOR} If rounding alone explains the gap, raise rollout.max_gap.",
        )

    def gap(self, system: str, parts: Sequence[str | View], seed: int) -> float:
        """Largest |difference| between engine and policy in the log-probabilities of a turn, in nats.

        Args:
            system: The system message that it follows.
            parts: Of the user's message that it answers.
            seed: Of the turn.

        Raises:
            MifgError: If the engine fails, or reads or samples what it must not.
        """
        ledger = TokenLedger(self._chat_format.image_token_id, self._chat_format.tokens_of)
        views = [part for part in parts if isinstance(part, View)]
        ledger.add(TokenKind.PROMPT, self._chat_format.prompt(system, parts), views, turn=-1)
        turn = self._sampled(ledger, seed)
        self._take(ledger, turn)
        temperature = self._settings.rollout.temperature
        (computed,) = rescored(self._policy, [ledger.tracks()], self._vision_inputs, temperature)
        gaps = [abs(new - old) for new, old in zip(computed, turn.logprobs, strict=True)]
        return max(gaps) if all(map(math.isfinite, gaps)) else math.inf

    def question_about_noise(self, seed: int) -> list[str | View]:
        """Parts of a user's message, within the episode's limits; equal seeds give equal images."""
        episode, side = self._settings.episode, self._chat_format.token_side
        parts: list[str | View] = []
        for columns, rows in SIDES[: episode.max_images]:
            width, height = view_size(columns * side, rows * side, 1, episode.max_pixels, side)
            pixels = np.random.default_rng([seed, columns]).integers(0, 256, (height, width, 3), dtype=np.uint8)
            parts.append(View(hashlib.sha256(pixels.tobytes()).hexdigest(), None, height, width, pixels))
        return [*parts, QUESTION]

    def _sampled(self, ledger: TokenLedger, seed: int) -> SampledTurn:
        """The turn; asked for again, up to ``rollout.retries`` times, where the engine fails."""
        settings = self._settings
        room = min(TURN_TOKENS, settings.episode.max_turn_tokens, settings.episode.max_tokens - len(ledger))
        request = SamplingRequest(
            key=0,
            token_ids=ledger.engine_token_ids,
            views=ledger.views,
            max_tokens=max(1, room),
            temperature=settings.rollout.temperature,
            seed=seed,
        )
        for _ in range(settings.rollout.retries + 1):
            self._engine.submit(request)
            (turn,) = self._engine.step()
            if turn.failure is None:
                return turn
        raise MifgError(f"The engine could not sample a short turn: {turn.failure}", ASK_THE_DOCTOR)

    def _take(self, ledger: TokenLedger, turn: SampledTurn) -> None:
        try:
            ledger.check_prompt(turn.prompt_token_ids)
        except ImageTokenMismatch as mismatch:
            raise MifgError(f"Engine and trainer read different prompts. {mismatch}", ASK_THE_DOCTOR) from mismatch
        if banned := set(turn.token_ids) & set(self._chat_format.banned_ids):
            raise MifgError(f"The engine sampled ids that stand for images: {sorted(banned)}.", ASK_THE_DOCTOR)
        ledger.add_sampled(turn.token_ids, turn.logprobs, turn=0)
