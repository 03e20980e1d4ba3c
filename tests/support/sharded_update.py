"""Updates a policy twice and saves it, on as many ranks as ``torchrun`` starts.

    torchrun --nproc-per-node 2 sharded_update.py CHECKPOINT OUT full|lora|vision

The same trajectories are shared out among the ranks, so that what is saved must not depend on how many there are.
"""

import sys
from pathlib import Path

import torch
from policies import load, scored_tokens
from tiny_trajectories import random_tracks

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import save_model
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.sharding import shard
from mifg_pipeline.train.token_batch import micro_batches, token_batch

TRAJECTORIES, STEPS, MICRO_BATCH_TOKENS = 5, 2, 250


def main(checkpoint: Path, out: Path, kind: str) -> None:
    """Writes the model before and after, the weights that the engine has by then, and what one elsewhere would take."""
    torch.set_num_threads(1)
    chat_format = ChatFormat.load(checkpoint)
    vision_inputs = VisionInputs(chat_format.image_processor)
    with Ranks() as ranks:
        policy = load(checkpoint, lora={"rank": 2} if kind == "lora" else {}, train_vision=kind == "vision")
        shard(policy, ranks.size)
        save_model(policy, out / "start")
        # SGD: AdamW divides by the root of the second moment, which blows rounding up where a gradient is almost 0.
        optimizer = torch.optim.SGD(policy.trainable_parameters(), lr=0.05)
        tracks = [random_tracks(chat_format, seed) for seed in range(TRAJECTORIES)]
        mine = tracks[ranks.rank :: ranks.size]
        shares = micro_batches([len(track.token_ids) for track in mine], MICRO_BATCH_TOKENS)
        most = max(ranks.gather(len(shares)))
        for _ in range(STEPS):
            for share in (*shares, *[None] * (most - len(shares))):
                batch = policy.padding_batch()
                if share is not None:
                    batch = token_batch(share, mine, scored_tokens(mine), vision_inputs, policy.merge_size)
                loss = -policy(batch, 1.0).sum() / 50
                (loss * ranks.size).backward()
            torch.nn.utils.clip_grad_norm_(policy.trainable_parameters(), 1e6, error_if_nonfinite=True)
            optimizer.step()
            optimizer.zero_grad()
        with torch.no_grad():
            policy(policy.padding_batch(), 1.0)  # a pass without gradient leaves weights whole; saving must not care
        save_model(policy, out / "model")
        HuggingFaceEngine(policy.sampling_module, chat_format, 1).sync(policy.synced_weights())
        taken_elsewhere = dict(policy.checkpoint_weights())
        if ranks.is_first:
            torch.save(policy.sampling_module.state_dict(), out / "engine.pt")
            torch.save(taken_elsewhere, out / "checkpoint.pt")
        ranks.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
