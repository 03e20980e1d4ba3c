"""Makes the references of ``tests/train/trl`` with TRL's own GRPO trainer.

    HF_HUB_OFFLINE=1 .venv-trl/bin/python tests/support/trl_reference.py write    # after a change of this file
    HF_HUB_OFFLINE=1 .venv-trl/bin/python tests/support/trl_reference.py check    # what `make test-peers` does

A language model of some thousand parameters has played twelve trajectories, with observations in them, under older
weights than those that are trained, so that ratios lie on both sides of both clip bounds. TRL reads them through its
``rollout_func``, makes advantages and importance corrections of them, and ``GRPOTrainer._compute_loss`` is called on
two micro-batches as TRL's loop does. Its log-probabilities alone are replaced, by plain ones in double precision: its
own chunked head computes in single precision, and would hide what the formulas do. All else is double as well.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

REFERENCE = Path(__file__).parents[1] / "train" / "trl" / "reference.safetensors"

TRAJECTORIES = 12
MICRO_BATCHES = 2
COMPLETION_LIMIT = 16
CLIP_LOW, CLIP_HIGH, CAP = 0.2, 0.28, 2.0
REWARDS = (0.0, 1.0, 1.25, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.25, 1.0, 0.0)
RELATIVE_TOLERANCE = 1e-9

_VOCABULARY = 24
_PADDING, _END = 0, 1


@dataclass(frozen=True)
class Case:
    """One way to call TRL.

    Attributes:
        kind: TRL's ``loss_type``.
        group_size: Its ``num_generations``.
        scale: Its ``scale_rewards``.
        correction: Its ``vllm_importance_sampling_mode``.
    """

    kind: str
    group_size: int
    scale: str
    correction: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.group_size}-{self.scale}-{self.correction}"


CASES = tuple(
    Case(kind, group_size, scale, correction)
    for kind in ("dapo", "grpo", "dr_grpo")
    for group_size, scale, correction in (
        (2, "group", "token_truncate"),
        (3, "batch", "token_truncate"),
        (6, "none", "token_truncate"),
        (4, "group", "token_mask"),
    )
)


def empty_model() -> GPT2LMHeadModel:
    """The model, whose every operation runs in double precision; its weights are yet to be set."""
    config = GPT2Config(
        vocab_size=_VOCABULARY,
        n_positions=32,
        n_embd=8,
        n_layer=1,
        n_head=2,
        n_inner=16,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=_END,
        tie_word_embeddings=False,
        attn_implementation="eager",
    )
    return GPT2LMHeadModel(config).double()


def completion_logprobs(model: GPT2LMHeadModel, token_ids: Tensor, attention_mask: Tensor, length: int) -> Tensor:
    """Log-probabilities of the last ``length`` tokens of each row."""
    logits = model(input_ids=token_ids, attention_mask=attention_mask).logits[:, -length - 1 : -1]
    return logits.log_softmax(-1).gather(-1, token_ids[:, -length:, None]).squeeze(-1)


@dataclass(frozen=True)
class Played:
    """What the sampler of one trajectory handed over, in the form of TRL's ``rollout_func``."""

    prompt_ids: list[int]
    completion_ids: list[int]
    logprobs: list[float]
    env_mask: list[int]


def _random_weights(scale: float, generator: torch.Generator) -> dict[str, Tensor]:
    return {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64) * scale
        for name, value in empty_model().named_parameters()
    }


def _play(older: GPT2LMHeadModel, generator: torch.Generator) -> Played:
    """A random trajectory with an observation in its midst; the sampler is a little off the older weights."""
    prompt, first, observed, last = (int(n) for n in torch.randint(1, 5, (4,), generator=generator))
    length = first + observed + last
    ids = torch.randint(_END + 1, _VOCABULARY, (prompt + length,), generator=generator)
    with torch.no_grad():
        exact = completion_logprobs(older, ids[None], torch.ones_like(ids[None]), length)[0]
    sampler = exact + torch.randn(length, generator=generator, dtype=torch.float64) * 0.6
    return Played(
        prompt_ids=ids[:prompt].tolist(),
        completion_ids=ids[prompt:].tolist(),
        logprobs=sampler.tolist(),
        env_mask=[1] * first + [0] * observed + [1] * last,
    )


def _trainer(case: Case, model: GPT2LMHeadModel, played: list[Played], folder: str) -> Any:
    """TRL's trainer, which believes that vLLM played these trajectories."""
    from datasets import Dataset
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast
    from trl import GRPOConfig, GRPOTrainer

    class ExactTrainer(GRPOTrainer):
        def _get_per_token_logps_and_entropies(self, model, input_ids, attention_mask, logits_to_keep, **_):
            logprobs = completion_logprobs(model, input_ids, attention_mask, logits_to_keep)
            return logprobs, torch.zeros_like(logprobs), None

    words = {f"<{number}>": number for number in range(_VOCABULARY)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words)), pad_token=f"<{_PADDING}>", eos_token=f"<{_END}>"
    )
    trainer = ExactTrainer(
        model=model,
        reward_funcs=lambda completions, **_: list(REWARDS),
        args=GRPOConfig(
            output_dir=folder,
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            per_device_train_batch_size=TRAJECTORIES // MICRO_BATCHES,
            gradient_accumulation_steps=MICRO_BATCHES,
            num_generations=case.group_size,
            max_completion_length=COMPLETION_LIMIT,
            loss_type=case.kind,
            scale_rewards=case.scale,
            epsilon=CLIP_LOW,
            epsilon_high=CLIP_HIGH,
            beta=0.0,
            vllm_importance_sampling_mode=case.correction,
            vllm_importance_sampling_clip_max=CAP,
        ),
        train_dataset=Dataset.from_dict({"prompt": ["<2>"] * TRAJECTORIES}),
        processing_class=tokenizer,
        rollout_func=lambda prompts, trainer: {
            name: [getattr(one, name) for one in played]
            for name in ("prompt_ids", "completion_ids", "logprobs", "env_mask")
        },
    )
    trainer.use_vllm = True
    trainer._last_loaded_step = trainer.state.global_step  # nothing to send to vLLM
    trainer.current_gradient_accumulation_steps = MICRO_BATCHES
    return trainer


def _run(
    case: Case, weights: dict[str, Tensor], older: dict[str, Tensor], played: list[Played]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """TRL's batch, and what it makes of it: advantages, loss, and gradients by parameter."""
    from trl.trainer.utils import split_tensor_dict

    model = empty_model()
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(case, model, played, folder)
        model.train()
        model.load_state_dict(older)
        batch = trainer._generate_and_score_completions([{"prompt": "<2>"} for _ in played])
        model.load_state_dict(weights)
        loss = torch.zeros(())
        for micro_batch in split_tensor_dict(batch, MICRO_BATCHES):
            share = trainer.compute_loss(model, micro_batch)
            share.backward()
            loss = loss + share.detach()
    results = {"advantages": batch["advantages"], "loss": loss}
    gradients = {f"gradients.{name}": value.grad for name, value in model.named_parameters()}
    return batch, results | gradients


def make() -> dict[str, Tensor]:
    """All tensors of the reference file."""
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(20)
    weights = _random_weights(0.6, generator)
    drift = _random_weights(0.05, generator)
    older = {name: value + drift[name] for name, value in weights.items()}
    older_model = empty_model()
    older_model.load_state_dict(older)
    played = [_play(older_model, generator) for _ in range(TRAJECTORIES)]
    tensors = {f"weights.{name}": value for name, value in weights.items()}
    for case in CASES:
        batch, results = _run(case, weights, older, played)
        tensors |= {f"{case.name}.{name}": value for name, value in results.items()}
    shared = ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask", "tool_mask")
    tensors |= {name: batch[name] for name in (*shared, "old_per_token_logps", "sampling_per_token_logps")}
    return {name: value.detach().clone().contiguous() for name, value in tensors.items()}


def _differences(made: dict[str, Tensor], committed: dict[str, Tensor]) -> list[str]:
    if made.keys() != committed.keys():
        return [f"names: {', '.join(sorted(made.keys() ^ committed.keys()))}"]
    return [
        f"{name}: {distance:.1e}"
        for name, value in made.items()
        if (distance := relative_distance(value, committed[name])) > RELATIVE_TOLERANCE
    ]


def relative_distance(one: Tensor, other: Tensor) -> float:
    """Norm of the difference by the norm of the second."""
    if one.shape != other.shape:
        return float("inf")
    scale = other.double().norm().clamp(min=1e-12)
    return float((one.double() - other.double()).norm() / scale)


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes or checks the references of tests/train/trl.")
    parser.add_argument("action", choices=["write", "check"])
    action = parser.parse_args().action
    made = make()
    if action == "write":
        save_file(made, REFERENCE)
        return 0
    differences = _differences(made, load_file(REFERENCE))
    sys.stdout.write("\n".join(differences) or f"TRL gives the {len(made)} tensors of {REFERENCE.name} again.")
    sys.stdout.write("\n")
    return 1 if differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
