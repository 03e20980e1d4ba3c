"""Measures what the language-model head takes of memory: chunked, and with all logits at once.

    python benchmarks/logprob_memory.py [--hidden 128]

Each arm runs in a process of its own: forward and backward of the log-probabilities of all positions, float32, with a
trained head. What stands in the table is the peak of the resident memory above that before the head, without the two
gradients (of hidden states and weight) that either arm has to return.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

from machine import print_header

VOCABULARIES = (32_000, 150_000)
LENGTHS = (4_096, 8_192)
ARMS = ("plain", "chunked")


def main() -> None:
    """Runs all arms, or the one that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--arm", nargs=3, metavar=("ARM", "VOCABULARY", "LENGTH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.arm:
        arm, vocabulary, length = arguments.arm
        sys.stdout.write(" ".join(map(str, measure(arm, int(vocabulary), int(length), arguments.hidden))))
        return
    print_header("torch")
    sys.stdout.write(f"{'vocabulary':>10}  {'length':>6}  {'plain':>18}  {'chunked':>18}  {'ratio':>6}\n")
    for vocabulary in VOCABULARIES:
        for length in LENGTHS:
            figures = [in_fresh_process(arm, vocabulary, length, arguments.hidden) for arm in ARMS]
            (plain, plain_seconds), (chunked, chunked_seconds) = figures
            sys.stdout.write(
                f"{vocabulary:>10,}  {length:>6,}  {plain / 1e6:>9,.0f} MB {plain_seconds:>3.0f} s  "
                f"{chunked / 1e6:>9,.0f} MB {chunked_seconds:>3.0f} s  {plain / chunked:>5.0f}x\n"
            )
            sys.stdout.flush()


def in_fresh_process(arm: str, vocabulary: int, length: int, hidden: int) -> tuple[float, float]:
    """Peak bytes and seconds of one arm."""
    command = [sys.executable, str(Path(__file__)), "--hidden", str(hidden), "--arm", arm, str(vocabulary), str(length)]
    peak, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(peak), float(seconds)


def measure(arm: str, vocabulary: int, length: int, hidden: int) -> tuple[int, float]:
    """Peak bytes above inputs and gradients, and seconds; torch is loaded in the measured process alone."""
    import psutil
    import torch

    from mifg_pipeline.train.logprobs import selected_logprobs

    draw = torch.Generator().manual_seed(0)
    states = torch.randn(length, hidden, generator=draw, requires_grad=True)
    weight = torch.nn.Parameter(torch.randn(vocabulary, hidden, generator=draw).mul_(hidden**-0.5))
    targets = torch.randint(vocabulary, (length,), generator=draw)
    ban = torch.zeros(vocabulary)
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    if arm == "chunked":
        logprobs = selected_logprobs(states, weight, targets, ban, 1.0)
    else:
        logprobs = ((states @ weight.T + ban) / 1.0).log_softmax(dim=-1).gather(1, targets[:, None]).squeeze(1)
    logprobs.sum().backward()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return peak - before - states.nbytes - weight.nbytes, seconds


if __name__ == "__main__":
    main()
