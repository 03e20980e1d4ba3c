"""Settings of `mifg train`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mifg_pipeline.config.base import Settings
from mifg_pipeline.config.episode import EpisodeSettings
from mifg_pipeline.config.vllm import VllmSettings

LossKind = Literal["dapo", "grpo", "dr_grpo"]


class RewardSettings(Settings):
    """``reward = accuracy + tool_gain * accuracy * [a valid call returned an image]``.

    Attributes:
        tool_gain: What a right answer gains by a valid tool call.
        gain_needs_evidence: Whether only a crop that meets an evidence region of the item earns the gain.
    """

    tool_gain: float = Field(default=0.2, ge=0)
    gain_needs_evidence: bool = False


class AdvantageSettings(Settings):
    """How rewards of a group become advantages.

    Attributes:
        scale: What the distance to the group's mean is divided by: the ``group``'s standard deviation, that of the
            whole ``batch``, or nothing (``none``).
        gate: A group whose ``accuracy`` (or ``reward``) is the same throughout gives no gradient; ``none`` leaves it to
            the rewards.
        eps: Added to the standard deviation.
    """

    scale: Literal["group", "batch", "none"] = "group"
    gate: Literal["accuracy", "reward", "none"] = "accuracy"
    eps: float = Field(default=1e-4, gt=0)


def _off(value: object) -> object:
    """YAML reads the word ``off`` as false."""
    return "off" if value is False else value


class MaskSettings(Settings):
    """The two-level mask: which sampled tokens are trained.

    Attributes:
        action: Turns with an invalid action are left out always (``both``), only where the advantage is positive
            (``positive_only``), or never (``off``).
        trajectory: Whether trajectories that a limit ended are left out of the loss.
        baseline: Whether trajectories that a limit ended count in the group's mean (``all``) or not (``finished``).
        no_answer: Trajectories without an answer are trained with reward 0 (``zero``), or left out of loss and baseline
            (``mask``).
        observations: Whether tokens of observations are left out. Only to show what happens without.
    """

    action: Annotated[Literal["both", "positive_only", "off"], BeforeValidator(_off)] = "positive_only"
    trajectory: bool = False
    baseline: Literal["finished", "all"] = "all"
    no_answer: Literal["zero", "mask"] = "zero"
    observations: bool = True


class LossSettings(Settings):
    """The clipped policy-gradient loss.

    Attributes:
        kind: What a step's sum over tokens is divided by: all trained tokens (``dapo``), each trajectory's tokens and
            then the trajectories (``grpo``), or the completion limit times the trajectories (``dr_grpo``).
        clip_low: The ratio is clipped below 1 minus this.
        clip_high: The ratio is clipped above 1 plus this.
        correction_cap: Most weight of the importance correction from the sampler to the trainer.
        reject_above_cap: Whether tokens above the cap are left out rather than capped.
    """

    kind: LossKind = "dapo"
    clip_low: float = Field(default=0.2, gt=0, lt=1)
    clip_high: float = Field(default=0.28, gt=0)
    correction_cap: float = Field(default=2.0, ge=1)
    reject_above_cap: bool = False


DTypeName = Literal["auto", "float32", "bfloat16"]


class LoraSettings(Settings):
    """Low-rank adapters in place of full weights.

    Attributes:
        rank: Of the adapters; 0 trains the full weights.
        alpha: Scale of the adapters.
        dropout: Of the adapters' inputs in passes with a gradient; the sampler has none, so that it widens the gap.
        targets: Names of the linear layers of the language model that get adapters.
    """

    rank: int = Field(default=0, ge=0)
    alpha: int = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class ModelSettings(Settings):
    """The model that is trained.

    Attributes:
        path: Folder or hub name of a Qwen2.5-VL or Qwen3-VL checkpoint.
        dtype: Of weights and computation; ``auto`` is bfloat16 on a GPU and float32 on a CPU.
        train_vision: Whether the vision tower is trained as well.
        lora: Low-rank adapters.
        gradient_checkpointing: Whether activations are computed again in the backward pass.
    """

    path: str
    dtype: DTypeName = "auto"
    train_vision: bool = False
    lora: LoraSettings = LoraSettings()
    gradient_checkpointing: bool = True


class DataSettings(Settings):
    """The questions.

    Attributes:
        path: Folder that `mifg export --format hf` wrote.
        split: Which pool of it.
    """

    path: Path
    split: str = "train"


class RolloutSettings(Settings):
    """How groups are sampled.

    Attributes:
        groups: Questions of one step, of all ranks.
        group_size: Trajectories of one question.
        temperature: Of sampling.
        engine: What samples: Transformers in the trainer's process, or vLLM in one of its own.
        batch_size: Most turns that the Hugging Face engine samples at a time.
        vllm: Of the vLLM engine.
        max_gap: Most difference in log-probability, in nats, between engine and trainer on the probe after each update;
            0.0001 in float32 and 0.5 in bfloat16 where None.
        finish_share: Once so many of a step's trajectories have ended, those that still play are abandoned.
        refills: Most further draws of questions in a step, for groups without signal.
        retries: How often a trajectory that the machinery ended is sampled again.
    """

    groups: int = Field(default=16, ge=1)
    group_size: int = Field(default=8, ge=2)
    temperature: float = Field(default=1.0, gt=0)
    engine: Literal["huggingface", "vllm"] = "huggingface"
    batch_size: int = Field(default=64, ge=1)
    vllm: VllmSettings = VllmSettings()
    max_gap: float | None = Field(default=None, gt=0)
    finish_share: float = Field(default=1.0, gt=0, le=1)
    refills: int = Field(default=0, ge=0)
    retries: int = Field(default=1, ge=0)


Decay = Annotated[float, Field(ge=0, lt=1)]


class OptimizerSettings(Settings):
    """AdamW with a linear warm-up.

    Attributes:
        learning_rate: After the warm-up.
        warmup_steps: Steps until then.
        weight_decay: Of matrices; vectors get none.
        betas: Decay of the two moments.
        max_grad_norm: Gradients are scaled down to this norm.
        updates_per_batch: Optimiser steps on the trajectories of one step.
        micro_batch_tokens: Most tokens, padding among them, of one forward pass.
    """

    learning_rate: float = Field(default=1e-6, gt=0)
    warmup_steps: int = Field(default=10, ge=0)
    weight_decay: float = Field(default=0.0, ge=0)
    betas: tuple[Decay, Decay] = (0.9, 0.95)
    max_grad_norm: float = Field(default=1.0, gt=0)
    updates_per_batch: int = Field(default=1, ge=1)
    micro_batch_tokens: int = Field(default=16_384, ge=1)


class CheckpointSettings(Settings):
    """When the state of the training is saved.

    Attributes:
        every: Steps between checkpoints; the last step is always saved.
        keep: Newest checkpoints that are kept.
    """

    every: int = Field(default=10, ge=1)
    keep: int = Field(default=2, ge=1)


class AlarmSettings(Settings):
    """What the trainer warns of, each with a threshold; None turns an alarm off.

    Attributes:
        action: What happens: a warning in the log (``warn``), or the run stops with a checkpoint (``pause``).
        window: Steps over which figures are averaged.
        min_calls: Least tool calls per trajectory.
        max_calls: Most tool calls per trajectory.
        min_valid_calls: Least share of valid ones among tool calls.
        min_tool_benefit: Least P(right | tool) - P(right | no tool).
        max_masked: Most share of sampled tokens that no gradient reaches.
        min_entropy: Least entropy per sampled token, in nats.
    """

    action: Literal["warn", "pause"] = "warn"
    window: int = Field(default=10, ge=1)
    min_calls: float | None = Field(default=0.05, ge=0)
    max_calls: float | None = Field(default=4.0, ge=0)
    min_valid_calls: float | None = Field(default=0.5, ge=0, le=1)
    min_tool_benefit: float | None = Field(default=-0.2, ge=-1, le=1)
    max_masked: float | None = Field(default=0.8, ge=0, le=1)
    min_entropy: float | None = Field(default=0.02, ge=0)


class LogSettings(Settings):
    """What is written beside the metrics.

    Attributes:
        trajectories: Whether all trajectories are kept.
        tensorboard: Whether the metrics are written for TensorBoard as well.
    """

    trajectories: bool = True
    tensorboard: bool = False


class TrainSettings(Settings):
    """All settings of one training run.

    Attributes:
        out: Folder of the run, new or to be resumed.
        steps: Optimiser batches in all.
        seed: Of everything that is random.
        memory_limit: Gigabytes that the run may take on one device; what is free on it where None.
    """

    out: Path
    model: ModelSettings
    data: DataSettings
    steps: int = Field(default=200, ge=1)
    seed: int = 0
    memory_limit: float | None = Field(default=None, gt=0)
    episode: EpisodeSettings = EpisodeSettings()
    rollout: RolloutSettings = RolloutSettings()
    reward: RewardSettings = RewardSettings()
    advantage: AdvantageSettings = AdvantageSettings()
    mask: MaskSettings = MaskSettings()
    loss: LossSettings = LossSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()
    alarms: AlarmSettings = AlarmSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if self.episode.max_turn_tokens > self.episode.max_tokens:
            raise ValueError("episode.max_turn_tokens is more than episode.max_tokens")
        return self
