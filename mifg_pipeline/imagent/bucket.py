"""What the mask makes of a token: exactly one bucket each."""

from enum import IntEnum
from typing import Final

from mifg_pipeline.engines.ledger import TokenKind


class Bucket(IntEnum):
    """What became of a token."""

    PADDING = 0
    PROMPT = 1
    TEMPLATE = 2
    OBSERVATION = 3
    TRAINED = 4
    """Its gradient is part of the step."""
    NO_SIGNAL = 5
    """It has weight, but its advantage is zero."""
    IMPORTANCE_REJECTED = 6
    """It has weight, but the sampler's probability of it is unknown or too far off."""
    INVALID_ACTION = 7
    """Its turn is masked; in the buckets below, its trajectory is."""
    NO_ANSWER = 8
    OVER_TURN = 9
    OVER_LENGTH = 10
    OVER_IMAGES = 11
    TURN_TRUNCATED = 12
    IMAGE_TOKEN_MISMATCH = 13
    INFRA_ERROR = 14
    ABANDONED = 15


WEIGHTED: Final = frozenset({Bucket.TRAINED, Bucket.NO_SIGNAL, Bucket.IMPORTANCE_REJECTED})
"""The buckets whose tokens have weight, and so count in the normaliser of the loss."""

GIVEN: Final = {
    TokenKind.PROMPT: Bucket.PROMPT,
    TokenKind.TEMPLATE: Bucket.TEMPLATE,
    TokenKind.OBSERVATION: Bucket.OBSERVATION,
}
"""The buckets of tokens that the model did not sample."""
