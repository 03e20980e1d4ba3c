"""TRL's own update, on trajectories that are there already: ``arm_trl.py FOLDER RESULT [scored]``.

It needs TRL's environment. ``GRPOTrainer.train`` runs, and only the playing of the trajectories is left out of it: what
``_generate_and_score_completions`` does with trajectories that vLLM has played (log-probabilities of before the first
update, importance ratios) is done here in the same way. With ``scored`` the head reads completions alone, as it does
on devices with Triton.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
import trl.trainer.utils
from datasets import Dataset
from measuring import Measured, resident
from shapes import BETAS, CAP, CLIP_HIGH, CLIP_LOW, GROUP_SIZE, LEARNING_RATE, MAX_GRAD_NORM, MICRO_BATCH, UPDATES
from transformers import AutoTokenizer, Qwen2_5_VLForConditionalGeneration, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


class ScriptedTrainer(GRPOTrainer):
    """TRL's trainer, which is handed what was played."""

    played: dict[str, Any]
    measured: Measured

    def _generate_and_score_completions(self, _: list[dict[str, Any]]) -> dict[str, Any]:
        batch = dict(self.played)
        began = time.perf_counter()
        with torch.no_grad():
            old, _, _ = self._get_per_token_logps_and_entropies(
                self.model,
                torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1),
                torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1),
                batch["completion_ids"].size(1),
                batch_size=self.args.per_device_train_batch_size,
                **{name: batch[name] for name in ("num_images", "pixel_values", "image_grid_thw", "mm_token_type_ids")},
            )
        gap = (old - batch["sampling_per_token_logps"]) * batch["completion_mask"] * batch["tool_mask"]
        batch["old_per_token_logps"] = old
        batch["importance_sampling_ratio"] = torch.exp(gap).clamp(max=self.vllm_importance_sampling_clip_max)
        self.measured.parts["old log-probabilities"] = time.perf_counter() - began
        return batch


class LastLog(TrainerCallback):
    """Keeps what TRL reports of its last update."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
        """Called after each update, and once more at the end."""
        if "grad_norm" in logs:
            self._measured.loss, self._measured.grad_norm = float(logs["loss"]), float(logs["grad_norm"])


def make_trainer(folder: Path, trajectories: int) -> ScriptedTrainer:
    """TRL's trainer by our settings, which believes that vLLM plays."""
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
        folder / "model", dtype=torch.float32, attn_implementation="sdpa"
    )
    model.model.visual.requires_grad_(False)
    trainer = ScriptedTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=GRPOConfig(
            output_dir=str(folder / "trl"),
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=True,
            per_device_train_batch_size=MICRO_BATCH,
            gradient_accumulation_steps=trajectories // MICRO_BATCH,
            num_generations=GROUP_SIZE,
            num_iterations=UPDATES,
            max_steps=UPDATES,
            loss_type="dapo",
            epsilon=CLIP_LOW,
            epsilon_high=CLIP_HIGH,
            beta=0.0,
            vllm_importance_sampling_mode="token_truncate",
            vllm_importance_sampling_clip_max=CAP,
            learning_rate=LEARNING_RATE,
            lr_scheduler_type="constant",
            adam_beta1=BETAS[0],
            adam_beta2=BETAS[1],
            max_grad_norm=MAX_GRAD_NORM,
        ),
        train_dataset=Dataset.from_dict({"prompt": [""] * trajectories}),
        processing_class=AutoTokenizer.from_pretrained(folder / "model"),
    )
    trainer.use_vllm = True
    return trainer


def main(folder: Path, result: Path, *variants: str) -> None:
    """Loads the model, and updates it."""
    if "scored" in variants:
        trl.trainer.utils._use_triton = lambda _: True  # which positions; the kernel asks another function
    measured = Measured()
    trajectories = GROUP_SIZE * json.loads((folder / "settings.json").read_text())["rollout"]["groups"]
    trainer = make_trainer(folder, trajectories)
    trainer.add_callback(LastLog(measured))
    loaded = resident()
    trainer.played, trainer.measured = torch.load(folder / "trl.pt"), measured
    with measured.measuring(loaded):
        trainer.train()
    played = trainer.played
    measured.trained = int(played["num_items_in_batch"])
    measured.tokens = int(played["prompt_mask"].sum() + played["completion_mask"].sum())
    measured.micro_batches = trajectories // MICRO_BATCH
    measured.parts["updates"] = measured.wall - measured.parts["old log-probabilities"]
    measured.write(result)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]), *sys.argv[3:])
