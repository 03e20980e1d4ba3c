"""What both trainers work on: a model, and groups of trajectories that a script played over photographs.

Prompt, tools and episodes are IMAgent's. In the first turn the script thinks and asks for a crop, in the second it
thinks and answers at random. The sampler's log-probabilities are the model's, a little off, so that the importance
corrections are not all one.
"""

import pickle
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "examples"))
sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))

import pyarrow as pa
import pyarrow.parquet as pq
import tiny_model
import torch
from shapes import (
    BETAS,
    CAP,
    CLIP_HIGH,
    CLIP_LOW,
    GROUP_SIZE,
    IMAGES,
    LEARNING_RATE,
    MAX_GRAD_NORM,
    MICRO_BATCH,
    SHAPES,
    UPDATES,
    VIEW_TOKENS,
    Shape,
)
from tiny_dataset import tiny_row
from transformers import AutoTokenizer
from transformers.utils.logging import disable_progress_bar
from trl_batch import trl_batch

from mifg_pipeline.config import EpisodeSettings, TrainSettings
from mifg_pipeline.config.train import (
    DataSettings,
    LossSettings,
    ModelSettings,
    OptimizerSettings,
    RolloutSettings,
)
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.export.columns import COLUMNS
from mifg_pipeline.export.features import schema_with_features
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.sampling import Group, GroupSampler
from mifg_pipeline.train.token_batch import token_batch

REPOSITORY = Path(__file__).parents[2]

THOUGHT = (40, 46)
"""Fewest and most words of a thought."""

OFF = 0.2
"""Standard deviation of the sampler's log-probabilities from the model's."""


def write_workload(folder: Path, shape: str, groups: int) -> None:
    """Fills a folder with a model, a dataset and ``groups`` groups of trajectories, in our form and in TRL's."""
    write_model(folder / "model", SHAPES[shape])
    write_dataset(folder / "dataset", groups)
    played = _with_logprobs(_played(folder, groups), folder)
    longest = max(len(one.tracks.token_ids) for group in played for one in group.played)
    settings = _settings(folder, groups, MICRO_BATCH * longest)
    (folder / "settings.json").write_text(settings.model_dump_json())
    (folder / "groups.pickle").write_bytes(pickle.dumps(played))
    vision_inputs = VisionInputs(ChatFormat.load(folder / "model").image_processor)
    padding_id = AutoTokenizer.from_pretrained(folder / "model").pad_token_id
    torch.save(trl_batch(played, settings, vision_inputs, padding_id), folder / "trl.pt")


def read_settings(folder: Path) -> TrainSettings:
    """Settings by which our trainer makes micro-batches of ``MICRO_BATCH`` trajectories."""
    return TrainSettings.model_validate_json((folder / "settings.json").read_text())


def read_groups(folder: Path) -> list[Group]:
    """The trajectories, in our form."""
    groups: list[Group] = pickle.loads((folder / "groups.pickle").read_bytes())
    return groups


def write_model(folder: Path, shape: Shape) -> None:
    """Writes a Qwen2.5-VL with random weights.

    Its tokenizer knows the words of the prompts, and so makes about as many tokens of them as the real one.
    """
    for prompt in sorted((REPOSITORY / "prompts").glob("imagent_*.md")):
        tiny_model.TRAINING_TEXT += prompt.read_text(encoding="utf-8")
    disable_progress_bar()
    tiny_model.write_tiny_model(folder, **shape._asdict())


def write_dataset(folder: Path, questions: int) -> None:
    """Writes questions over photographs, ``IMAGES`` each."""
    rng = random.Random(0)
    photos = sorted((REPOSITORY / "data" / "photos").glob("*.jpg"))
    rows = [tiny_row(f"question-{index}", IMAGES, 28, rng) for index in range(questions)]
    for row in rows:
        row["images"] = [{"bytes": path.read_bytes(), "path": path.name} for path in rng.sample(photos, IMAGES)]
    (folder / "data").mkdir(parents=True)
    table = pa.Table.from_pylist(rows, schema_with_features(pa.schema(list(COLUMNS))))
    pq.write_table(table, folder / "data" / "train-00000-of-00001.parquet")


def _settings(folder: Path, groups: int, micro_batch_tokens: int) -> TrainSettings:
    pixels = VIEW_TOKENS * 28 * 28
    return TrainSettings(
        out=folder / "run",
        steps=1,
        model=ModelSettings(path=str(folder / "model"), dtype="float32", gradient_checkpointing=True),
        data=DataSettings(path=folder / "dataset"),
        episode=EpisodeSettings(max_pixels=pixels, crop_min_pixels=pixels // 2, crop_max_pixels=pixels),
        rollout=RolloutSettings(groups=groups, group_size=GROUP_SIZE),
        loss=LossSettings(clip_low=CLIP_LOW, clip_high=CLIP_HIGH, correction_cap=CAP),
        optimizer=OptimizerSettings(
            learning_rate=LEARNING_RATE,
            warmup_steps=0,
            betas=BETAS,
            max_grad_norm=MAX_GRAD_NORM,
            updates_per_batch=UPDATES,
            micro_batch_tokens=micro_batch_tokens,
        ),
    )


def _played(folder: Path, groups: int) -> list[Group]:
    settings = _settings(folder, groups, 1)
    chat_format = ChatFormat.load(folder / "model")
    engine = ScriptedEngine(
        script(folder / "model", chat_format.end_of_turn_id),
        image_token_id=chat_format.image_token_id,
        tokens_of=chat_format.tokens_of,
        end_of_turn_id=chat_format.end_of_turn_id,
    )
    sampler = GroupSampler(engine, chat_format, load_questions(settings.data.path, "train"), settings)
    return sampler.sample(range(groups), on_played=lambda _: None)


def script(model: Path, end_of_turn: int) -> Callable[[SamplingRequest], list[int]]:
    """What is said in a turn: a thought, and a call in the first turn or an answer in the second."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    words = sorted(set(tiny_model.TRAINING_TEXT.replace("<", " ").replace("{", " ").split()))

    def turn(request: SamplingRequest) -> list[int]:
        rng = random.Random(request.seed)
        thought = " ".join(rng.choices(words, k=rng.randint(*THOUGHT)))
        act = f"<answer>{rng.choice('ABC')}</answer>"
        if len(request.views) == IMAGES:
            left, upper = rng.randrange(50), rng.randrange(50)
            box = [left, upper, left + rng.randint(60, 90), upper + rng.randint(60, 90)]
            call = f'{{"name": "visual_confirmation", "arguments": {{"image": 1, "bbox_2d": {box}}}}}'
            act = f"<tool_call>{call}</tool_call>"
        return [*tokenizer.encode(f"<think>{thought}</think>{act}"), end_of_turn]

    return turn


def _with_logprobs(groups: list[Group], folder: Path) -> list[Group]:
    """The same with the sampler's log-probabilities, and without what cannot be pickled: readers of image files."""
    policy = load_policy(_settings(folder, 1, 1).model, 0, torch.device("cpu"))
    policy.ban.zero_()
    vision_inputs = VisionInputs(ChatFormat.load(folder / "model").image_processor)
    generator = torch.Generator().manual_seed(0)
    scored = []
    for group in groups:
        played = []
        for one in group.played:
            sampled = torch.tensor([kind is TokenKind.SAMPLED for kind in one.tracks.kinds])
            with torch.no_grad():
                batch = token_batch([0], [one.tracks], sampled[None], vision_inputs, policy.merge_size)
                exact = policy(batch, 1.0)
            logprobs = torch.zeros(len(sampled))
            logprobs[sampled] = exact + OFF * torch.randn(exact.shape, generator=generator)
            played.append(replace(one, tracks=replace(one.tracks, logprobs=tuple(logprobs.tolist()))))
        question = replace(group.question, images=())
        scored.append(replace(group, question=question, played=tuple(played)))
    return scored
