"""The trajectories in the form in which TRL's ``_generate_and_score_completions`` hands them to its loss."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.reward import reward
from mifg_pipeline.train.sampling import Group

_EPS = 1e-4
"""That TRL adds to a group's standard deviation."""


def trl_batch(
    groups: Sequence[Group], settings: TrainSettings, vision_inputs: VisionInputs, padding_id: int
) -> dict[str, Tensor | list[int]]:
    """Prompts left padded, completions right padded, the images of every trajectory one after the other.

    ``completion_mask`` knows of padding alone, ``tool_mask`` is 0 for observations and what the template adds.
    """
    tracks = [one.tracks for group in groups for one in group.played]
    prompts = [list(track.kinds).count(TokenKind.PROMPT) for track in tracks]
    prompt, completion = max(prompts), max(len(t.token_ids) - p for t, p in zip(tracks, prompts, strict=True))
    padded = {name: torch.zeros(len(tracks), prompt + completion, dtype=torch.int64) for name in ("mask", "image")}
    padded["ids"] = torch.full((len(tracks), prompt + completion), padding_id)
    padded["sampled"] = torch.ones(len(tracks), prompt + completion, dtype=torch.int64)
    sampler = torch.zeros(len(tracks), prompt + completion)
    for row, (track, own_prompt) in enumerate(zip(tracks, prompts, strict=True)):
        place = slice(prompt - own_prompt, prompt - own_prompt + len(track.token_ids))
        padded["ids"][row, place] = torch.tensor(track.token_ids)
        padded["mask"][row, place] = 1
        padded["image"][row, place] = torch.tensor(track.image, dtype=torch.int64)
        padded["sampled"][row, place] = torch.tensor([int(kind is TokenKind.SAMPLED) for kind in track.kinds])
        sampler[row, place] = torch.tensor(track.logprobs)
    vision = vision_inputs.of([view for track in tracks for view in track.views])
    sampled = padded["sampled"][:, prompt:] * padded["mask"][:, prompt:]
    return {
        "prompt_ids": padded["ids"][:, :prompt],
        "prompt_mask": padded["mask"][:, :prompt],
        "completion_ids": padded["ids"][:, prompt:],
        "completion_mask": padded["mask"][:, prompt:],
        "tool_mask": padded["sampled"][:, prompt:],
        "mm_token_type_ids": padded["image"],
        "sampling_per_token_logps": sampler[:, prompt:],
        "advantages": _advantages(groups, settings),
        "num_items_in_batch": sampled.sum(),
        "pixel_values": vision.pixel_values,
        "image_grid_thw": vision.grids,
        "num_images": [len(track.views) for track in tracks],
    }


def _advantages(groups: Sequence[Group], settings: TrainSettings) -> Tensor:
    """By TRL's formula, scaled by group."""
    rewards = [
        torch.tensor([reward(one.trajectory, group.question, settings.reward).reward for one in group.played])
        for group in groups
    ]
    if any(float(group.std()) == 0 for group in rewards):
        raise SystemExit("A group's trajectories earned the same, so that the trainers would not do equal work.")
    return torch.cat([(group - group.mean()) / (group.std() + _EPS) for group in rewards])
