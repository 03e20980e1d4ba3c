"""Samples and updates once with a checkpoint, and says how much memory that took at most.

    python memory_trial.py CHECKPOINT SETTINGS

SETTINGS is those of a run as JSON. Prints the bytes that were resident at the peak, above those before the model was
loaded; the largest batch and the longest micro-batch that the settings allow are used.
"""

import random
import resource
import sys

import psutil
import torch
from policies import scored_tokens
from tiny_trajectories import random_tracks, random_words

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.optimizer import adamw
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.token_batch import micro_batches, token_batch

ANSWER = 16
"""Tokens that are sampled of each turn."""


def main(checkpoint: str, settings: TrainSettings) -> None:
    """One step of sampling and one of AdamW."""
    torch.set_num_threads(1)
    chat_format = ChatFormat.load(checkpoint)
    length = settings.episode.max_tokens
    count = settings.optimizer.micro_batch_tokens // length
    tracks = [random_tracks(chat_format, seed, images=6, turns=2, words=length // 2) for seed in range(count)]
    before = psutil.Process().memory_info().rss
    policy = load_policy(settings.model, 0, torch.device("cpu"))
    optimizer = adamw(policy.trainable_parameters(), settings.optimizer)
    for _ in range(2):
        sample(policy, chat_format, settings)
        update(policy, chat_format, tracks, settings)
        optimizer.step()
        optimizer.zero_grad()
    sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before))


def sample(policy: Policy, chat_format: ChatFormat, settings: TrainSettings) -> None:
    """The most turns at a time, each after a prompt of its own that leaves room for its tokens alone."""
    engine = HuggingFaceEngine(policy.sampling_module, chat_format, settings.rollout.batch_size)
    for key in range(settings.rollout.batch_size):
        prompt = random_words(chat_format, random.Random(key), settings.episode.max_tokens - ANSWER)
        engine.submit(SamplingRequest(key, tuple(prompt), (), ANSWER, 1.0, key))
    while engine.step():
        pass


def update(policy: Policy, chat_format: ChatFormat, tracks: list[Tracks], settings: TrainSettings) -> None:
    """Gradients of all sampled tokens."""
    vision_inputs = VisionInputs(chat_format.image_processor)
    for rows in micro_batches([len(track.token_ids) for track in tracks], settings.optimizer.micro_batch_tokens):
        batch = token_batch(rows, tracks, scored_tokens(tracks), vision_inputs, policy.merge_size)
        policy(batch, 1.0).sum().backward()


if __name__ == "__main__":
    main(sys.argv[1], TrainSettings.model_validate_json(sys.argv[2]))
