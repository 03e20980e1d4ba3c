"""The only writer of token ids: what was sampled, what was given, and both tracks of an episode."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import zip_longest

from mifg_pipeline.engines.expansion import expand_image_tokens
from mifg_pipeline.engines.view import View


class TokenKind(IntEnum):
    """Where a token comes from."""

    PROMPT = 0
    """System prompt and question."""
    SAMPLED = 1
    """The model."""
    TEMPLATE = 2
    """The chat template, after a turn that the model began."""
    OBSERVATION = 3
    """A tool, or the error text of an invalid action."""


class ImageTokenMismatch(Exception):  # noqa: N818 - named as the end reason that it leads to
    """The engine read other prompt ids than the ledger holds, so that its log-probabilities are of another text."""


@dataclass(frozen=True)
class Tracks:
    """What the trainer reads of an episode; the tuples of tokens have one length.

    Attributes:
        token_ids: With one image token per visual token.
        kinds: Where each token comes from.
        turns: Turn of each token, counted from 0; -1 in the prompt.
        logprobs: Of the sampled tokens, as the engine reported them; 0.0 elsewhere.
        image: Whether the token stands for a part of an image: ``mm_token_type_ids``.
        views: The images, in the order of their tokens.
    """

    token_ids: tuple[int, ...]
    kinds: tuple[TokenKind, ...]
    turns: tuple[int, ...]
    logprobs: tuple[float, ...]
    image: tuple[bool, ...]
    views: tuple[View, ...]

    def __post_init__(self) -> None:
        lengths = {len(track) for track in (self.token_ids, self.kinds, self.turns, self.logprobs, self.image)}
        assert len(lengths) == 1, f"tracks of different lengths: {sorted(lengths)}"


class TokenLedger:
    """Takes the tokens of an episode in their order.

    It holds two tracks: the engine's, with one image token per view, and the trainer's, with one per visual token.

    Args:
        image_token_id: Stands for images in both tracks.
        tokens_of: How many visual tokens a view has.
    """

    def __init__(self, image_token_id: int, tokens_of: Callable[[View], int]) -> None:
        self._image_token_id = image_token_id
        self._tokens_of = tokens_of
        self._engine_token_ids: list[int] = []
        self._views: list[View] = []
        self._token_ids: list[int] = []
        self._kinds: list[TokenKind] = []
        self._turns: list[int] = []
        self._logprobs: list[float] = []

    def __len__(self) -> int:
        return len(self._token_ids)

    @property
    def engine_token_ids(self) -> tuple[int, ...]:
        """The engine's track."""
        return tuple(self._engine_token_ids)

    @property
    def views(self) -> tuple[View, ...]:
        """All images so far, in the order of their tokens."""
        return tuple(self._views)

    def length_with(self, token_ids: Sequence[int], views: Sequence[View]) -> int:
        """The length of the trainer's track if these were added."""
        return len(self) + len(token_ids) - len(views) + sum(map(self._tokens_of, views))

    def add(self, kind: TokenKind, token_ids: Sequence[int], views: Sequence[View] = (), *, turn: int) -> None:
        """Adds tokens that the model did not sample, with one image token per view.

        Raises:
            ValueError: The number of image tokens is not that of the views, or the kind is that of sampled tokens.
        """
        if kind is TokenKind.SAMPLED:
            raise ValueError("sampled tokens come with log-probabilities")
        expanded = list(expand_image_tokens(token_ids, self._image_token_id, [self._tokens_of(view) for view in views]))
        self._engine_token_ids.extend(token_ids)
        self._views.extend(views)
        self._extend(expanded, kind, [0.0] * len(expanded), turn)

    def add_sampled(self, token_ids: Sequence[int], logprobs: Sequence[float], *, turn: int) -> None:
        """Adds what the model sampled, exactly as sampled.

        Raises:
            ValueError: An image token is among the ids, or there are more or fewer log-probabilities than ids.
        """
        if self._image_token_id in token_ids:
            raise ValueError("an image token was sampled: engines must rule it out")
        if len(token_ids) != len(logprobs):
            raise ValueError(f"{len(token_ids)} sampled tokens with {len(logprobs)} log-probabilities")
        self._engine_token_ids.extend(token_ids)
        self._extend(token_ids, TokenKind.SAMPLED, logprobs, turn)

    def check_prompt(self, reported: Sequence[int]) -> None:
        """Compares what the engine read with the trainer's track so far.

        Raises:
            ImageTokenMismatch: They differ.
        """
        if list(reported) == self._token_ids:
            return
        pairs = enumerate(zip_longest(reported, self._token_ids))
        place, (theirs, ours) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
        raise ImageTokenMismatch(
            f"The engine read {len(reported)} tokens and the ledger holds {len(self)}; "
            f"at {place} they are {theirs} and {ours}."
        )

    def tracks(self) -> Tracks:
        """What the trainer reads."""
        return Tracks(
            token_ids=tuple(self._token_ids),
            kinds=tuple(self._kinds),
            turns=tuple(self._turns),
            logprobs=tuple(self._logprobs),
            image=tuple(token == self._image_token_id for token in self._token_ids),
            views=self.views,
        )

    def _extend(self, token_ids: Sequence[int], kind: TokenKind, logprobs: Sequence[float], turn: int) -> None:
        self._token_ids.extend(token_ids)
        self._kinds.extend([kind] * len(token_ids))
        self._turns.extend([turn] * len(token_ids))
        self._logprobs.extend(logprobs)
