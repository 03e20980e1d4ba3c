"""Trajectories of random tokens with images, as a tiny model's engine would leave them."""

import random
from collections.abc import Sequence

import numpy as np

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind, TokenLedger, Tracks
from mifg_pipeline.engines.view import View


def random_view(chat_format: ChatFormat, rng: random.Random) -> View:
    """A view of noise, between 1x1 and 3x4 visual tokens."""
    height, width = (chat_format.token_side * rng.randint(1, most) for most in (3, 4))
    pixels = np.frombuffer(rng.randbytes(height * width * 3), dtype=np.uint8).reshape(height, width, 3)
    return View(f"{rng.getrandbits(256):064x}", None, height, width, pixels)


def random_tracks(chat_format: ChatFormat, seed: int, *, images: int = 2, turns: int = 2, words: int = 9) -> Tracks:
    """A prompt with images, then turns with an observation between each two: an image, or the first one once more."""
    rng = random.Random(seed)
    views = [random_view(chat_format, rng) for _ in range(images)]
    ledger = TokenLedger(chat_format.image_token_id, chat_format.tokens_of)
    parts: list[str | View] = []
    for number, view in enumerate(views, start=1):
        parts += [f"Image {number}", view]
    ledger.add(TokenKind.PROMPT, chat_format.prompt("You look again.", [*parts, "Which?"]), views, turn=-1)
    for turn in range(turns):
        sampled = random_words(chat_format, rng, rng.randint(1, words))
        ledger.add_sampled(sampled, [-rng.random() for _ in sampled], turn=turn)
        if turn + 1 < turns:
            view = random_view(chat_format, rng) if turn % 2 == 0 else views[0]
            ledger.add(TokenKind.TEMPLATE, [chat_format.end_of_turn_id], turn=turn)
            ledger.add(TokenKind.OBSERVATION, chat_format.observation(["Here:", view]), [view], turn=turn)
    return ledger.tracks()


def random_words(chat_format: ChatFormat, rng: random.Random, count: int) -> Sequence[int]:
    """Ids that may be sampled."""
    allowed = [token for token in range(300) if token not in chat_format.banned_ids]
    return [rng.choice(allowed) for _ in range(count)]
