"""From what was measured to what is said: each a pure function of figures and a limit."""

from collections.abc import Sequence
from dataclasses import asdict

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.doctor.check import Check, failed, is_healthy, passed, skipped
from mifg_pipeline.train.doctor.figures import BurstFigures, EpisodeFigures, SleepFigures, ToolFigures, UpdateFigures

EXPANSION = "image expansion"
BANNED = "banned ids"
LOGPROBS = "log-probabilities"
TOOL_IMAGE = "tool image"
WEIGHTS, PREFIX, FEATURES, RESTORED = "updated weights", "prefix cache", "image features", "restored weights"
SLEEP = "sleep"
THROUGHPUT = "throughput"

CLEAR_EFFECT = 10
"""A move of the weights has to change log-probabilities by so many limits: less would not tell a stale engine."""

BACKWARD = 2
"""A backward pass takes about twice as long as a forward pass."""

ANOTHER_ENGINE = "Set rollout.engine to the other engine, or rollout.vllm.python to another release of vLLM."

MORE_ROOM = {
    EndReason.OVER_TURN: "Raise episode.max_turns, or set episode.tools=false.",
    EndReason.OVER_IMAGES: "Raise episode.max_images, or set episode.tools=false.",
    EndReason.OVER_LENGTH: "Raise episode.max_tokens, or lower episode.max_pixels or episode.crop_max_pixels.",
}
"""What to change where a limit leaves no room for the image of a first call."""


def expansion_verdict(found: EpisodeFigures) -> Check:
    """Whether the engine reads as many visual tokens as the ledger counts."""
    if found.mismatch is not None:
        return failed(EXPANSION, found.mismatch, ANOTHER_ENGINE)
    if not found.sampled:
        return skipped(EXPANSION, "No turn was sampled.")
    return passed(
        EXPANSION,
        f"The engine read the ids that the ledger holds, {found.image_tokens} of images.",
        image_tokens=found.image_tokens,
    )


def banned_verdict(sampled: int, banned: int) -> Check:
    """Whether no id was sampled that stands for an image.

    Args:
        sampled: Tokens that were sampled.
        banned: Of them, such ids.
    """
    if banned:
        return failed(
            BANNED,
            f"{banned} of {sampled} sampled ids stand for images, which no text may.",
            f"Leave logits processors out of rollout.vllm.arguments. {ANOTHER_ENGINE}",
            sampled=sampled,
            banned=banned,
        )
    return passed(BANNED, f"None of {sampled} sampled ids stands for an image.", sampled=sampled, banned=0)


def logprobs_verdict(found: EpisodeFigures, limit: float) -> Check:
    """Whether the engine's log-probabilities are the trainer's, but for a token in a hundred."""
    gaps, figures = found.gaps, {**asdict(found.gaps), "limit": limit}
    if not gaps.tokens:
        if found.failure is not None:
            return failed(LOGPROBS, f"Nothing was sampled: {found.failure}", "Mend what the engine says.", **figures)
        finding = f"None of {found.episodes} episodes had room for a turn."
        return failed(LOGPROBS, finding, "Raise episode.max_tokens, or lower episode.max_pixels.", **figures)
    seen = f"{gaps.p99:.1e} nats at the 99th percentile of {gaps.tokens} tokens"
    if gaps.p99 <= limit:
        return passed(LOGPROBS, f"{seen}; mean {gaps.mean:.1e}, largest {gaps.largest:.1e}.", **figures)
    if found.raw is not None and found.raw <= limit:
        return failed(
            LOGPROBS,
            f"{seen}, but they agree at temperature 1: the engine reports them before it applies the temperature.",
            f"Set rollout.temperature=1. {ANOTHER_ENGINE}",
            **figures,
        )
    return failed(
        LOGPROBS,
        f"{seen}, and {limit:g} is the limit.",
        "Leave out of rollout.vllm.arguments what changes numbers, such as quantization or kv_cache_dtype; set "
        "model.dtype=float32; or, where rounding alone explains it, raise rollout.max_gap.",
        **figures,
    )


def tool_verdict(found: ToolFigures, limit: float) -> Check:
    """Whether an image that comes in mid-episode is read as it is counted and scored."""
    figures = {**asdict(found.gaps), "limit": limit}
    if found.end is EndReason.IMAGE_TOKEN_MISMATCH:
        return failed(TOOL_IMAGE, f"{found.failure}", ANOTHER_ENGINE, **figures)
    if found.end is EndReason.INFRA_ERROR:
        return failed(TOOL_IMAGE, f"The engine failed: {found.failure}", "Mend what the engine says.", **figures)
    if not found.gaps.tokens:
        finding = f"A first call left no room for a second turn: the episode ended as {found.end.value}."
        return failed(TOOL_IMAGE, finding, MORE_ROOM.get(found.end, "Raise the limits of the episode."), **figures)
    if found.gaps.p99 > limit:
        return failed(
            TOOL_IMAGE,
            f"After a tool's image, {found.gaps.p99:.1e} nats at the 99th percentile, above {limit:g}.",
            ANOTHER_ENGINE,
            **figures,
        )
    return passed(TOOL_IMAGE, f"After a tool's image, {found.gaps.p99:.1e} nats.", **figures)


def update_verdicts(found: UpdateFigures, limit: float) -> list[Check]:
    """Whether new weights are taken, and what was computed with the old ones is forgotten."""
    figures = {"effect": found.effect, "limit": limit}
    if found.effect < CLEAR_EFFECT * limit:
        finding = f"Moved weights change log-probabilities by {found.effect:.1e} nats, too little to tell."
        return [skipped(name, finding, **figures) for name in (WEIGHTS, PREFIX, FEATURES, RESTORED)]
    if found.fresh > limit:
        weights = failed(
            WEIGHTS,
            f"After an update the engine is {found.fresh:.1e} nats off: it does not sample the new weights.",
            f"Leave quantization and load_format out of rollout.vllm.arguments. {ANOTHER_ENGINE}",
            gap=found.fresh,
            **figures,
        )
        unclear = "Not to be told apart from stale weights."
        return [weights, *(skipped(name, unclear) for name in (PREFIX, FEATURES, RESTORED))]
    caches = [
        _kept(
            PREFIX,
            "a text that it had read before",
            found.repeated,
            limit,
            ANOTHER_ENGINE,
        ),
        _kept(
            FEATURES,
            "images that it had seen before",
            found.shown,
            limit,
            "Set model.train_vision=false, under which features of images stay as they are.",
        ),
    ]
    seen = f"Within {found.fresh:.1e} nats after a move of {found.effect:.1e}."
    return [passed(WEIGHTS, seen, gap=found.fresh, **figures), *caches, _restored(found.restored, limit, caches)]


def sleep_verdict(found: SleepFigures, limit: float) -> Check:
    """Whether the engine is the same after it slept."""
    figures = {**asdict(found), "limit": limit}
    if found.gap > limit:
        finding = f"After sleep the engine is {found.gap:.1e} nats off."
        return failed(SLEEP, finding, "Set rollout.vllm.sleep=false.", **figures)
    freed = "" if found.freed is None else f", {found.freed / 1e9:.1f} GB free meanwhile"
    return passed(SLEEP, f"Asleep and awake in {found.seconds:.1f} s{freed}; {found.gap:.1e} nats after it.", **figures)


def throughput_verdict(found: BurstFigures, episodes: EpisodeFigures, settings: TrainSettings) -> Check:
    """How fast turns are sampled, and how long a step of one process will so take."""
    if not found.sampled:
        return skipped(THROUGHPUT, "No turn was sampled.")
    rate = found.sampled / found.seconds
    longest = settings.episode.max_tokens
    room = "" if found.cache is None else f"; its cache holds {found.cache // longest} episodes of {longest:,} tokens"
    trajectories = settings.rollout.groups * settings.rollout.group_size
    sampling = trajectories * episodes.sampled / episodes.episodes / rate
    passes = 1 + BACKWARD + settings.model.gradient_checkpointing
    updating = trajectories * episodes.scoring / episodes.episodes * passes * settings.optimizer.updates_per_batch
    return passed(
        THROUGHPUT,
        f"{rate:,.0f} tokens/s over {found.turns} turns at a time; a step takes about {sampling + updating:,.0f} s, "
        f"{sampling:,.0f} of them sampling{room}.",
        tokens_per_second=rate,
        turns=found.turns,
        sampling_seconds=sampling,
        update_seconds=updating,
        cache_tokens=found.cache,
    )


def _kept(name: str, what: str, gap: float, limit: float, remedy: str) -> Check:
    """Of an engine that takes new weights: whether it kept what it had made with the old ones."""
    if gap > limit:
        return failed(
            name,
            f"After an update and {what}, {gap:.1e} nats off: it kept what old weights had made.",
            remedy,
            gap=gap,
            limit=limit,
        )
    return passed(name, f"Within {gap:.1e} nats after an update and {what}.", gap=gap, limit=limit)


def _restored(gap: float, limit: float, caches: Sequence[Check]) -> Check:
    if not is_healthy(caches):
        return skipped(RESTORED, "Not to be told apart from what caches kept.")
    if gap > limit:
        finding = f"After a second update the engine is {gap:.1e} nats off: it does not sample the newest weights."
        return failed(RESTORED, finding, ANOTHER_ENGINE, gap=gap, limit=limit)
    return passed(
        RESTORED, f"Within {gap:.1e} nats after a second update, back to the old weights.", gap=gap, limit=limit
    )
