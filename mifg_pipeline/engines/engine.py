"""What a sampler is: token ids and images in, token ids and their log-probabilities out.

An engine knows nothing of turns, tools and rewards. It is given requests, works on as many of them at a time as suits
it, and hands back each as soon as it is done.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mifg_pipeline.engines.view import View

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SamplingRequest:
    """One turn to be sampled.

    Sampling is from the whole distribution: ``log_softmax((logits + ban) / temperature)``, where ``ban`` rules out the
    ids that stand for images and videos. No top-p, top-k or penalty, whatever the checkpoint's generation settings say.

    Attributes:
        key: Names the request; given back with the result.
        token_ids: What the turn continues, with one image token for each view.
        views: The images, in the order of their tokens.
        max_tokens: Most tokens of the turn.
        temperature: Of sampling; 0 takes the likeliest token, and reports log-probabilities at temperature 1.
        seed: Equal seeds give equal turns for equal weights and equal batches.
    """

    key: int
    token_ids: tuple[int, ...]
    views: tuple[View, ...]
    max_tokens: int
    temperature: float
    seed: int


@dataclass(frozen=True)
class SampledTurn:
    """What an engine made of a request.

    Attributes:
        key: Of the request.
        prompt_token_ids: What the engine read: the request's ids with each image token repeated as often as its image
            has visual tokens. The ledger compares it with its own.
        token_ids: The sampled ids, the end-of-turn token among them if it was sampled.
        logprobs: Of each sampled id, under the distribution that it was drawn from.
        is_finished: Whether the last id is the end-of-turn token, rather than the limit.
        failure: Why the engine could not sample it; None where it could.
    """

    key: int
    prompt_token_ids: tuple[int, ...]
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    is_finished: bool
    failure: str | None = None


class TurnSampler(Protocol):
    """Samples turns."""

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request."""
        ...

    def step(self) -> list[SampledTurn]:
        """Works until at least one queued request is done and returns all that are; empty only if none is queued."""
        ...

    def abort(self, keys: Collection[int]) -> None:
        """Gives up requests: no later step returns them."""
        ...


class Engine(TurnSampler, Protocol):
    """Samples the turns of a model whose weights change.

    Attributes:
        restarts: How often what samples was lost and started again, since the engine was opened.
    """

    restarts: int

    @property
    def cached_share(self) -> float | None:
        """Of the tokens of all prompts since the last ``sync``, the share that did not have to be computed again.

        None where there was none, or the engine does not count them.
        """
        ...

    def sync(self, weights: "Iterable[tuple[str, Tensor]]") -> None:
        """Takes new weights, by their names in the checkpoint, and forgets all that was computed with the old ones."""
        ...

    def sleep(self) -> None:
        """Gives back the memory that only sampling needs, as far as the engine can; nothing is queued by then."""
        ...

    def wake(self) -> None:
        """Takes it again; ``sync`` follows before anything is sampled."""
        ...

    def close(self) -> None:
        """Ends what the engine has started."""
        ...
