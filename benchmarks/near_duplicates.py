"""Measures how long the clusters among a million 64-bit hashes take, and checks them against brute force.

Among random hashes lie clusters: clouds around a centre, whose members all are near one another, and walks, whose
ends are far apart. The check takes whole clusters, some of each size and single hashes, up to a number of members. Each
must be a connected component of the graph that joins all hashes at the distance, by brute force: connected within, and
without a neighbour outside among all the hashes.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from machine import print_header
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mifg_pipeline.corpus.near_duplicates import HASH_BITS, Hashes, Labels, cluster_labels

DISTANCE = 6
SECONDS_ALLOWED, GB_ALLOWED = 90, 2
CLUSTER_SIZES = {10_000: 4, 1_000: 20, 100: 100, 10: 1_000, 2: 5_000}
"""Members of a planted cluster to how many of them are clouds; as many again are walks."""


def main() -> None:
    """Clusters, checks, prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=14_000, help="members of the clusters that are checked")
    arguments = parser.parse_args()
    print_header("numpy", "scipy")

    hashes = planted_hashes(np.random.default_rng(0), arguments.hashes)
    wall, cpu = time.perf_counter(), time.process_time()
    labels = cluster_labels(hashes, DISTANCE)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = peak_resident_gb()

    sampled = sample_clusters(np.random.default_rng(1), labels, arguments.sample)
    started = time.process_time()
    wrong = [label for label in sampled if not is_component(hashes, np.flatnonzero(labels == label))]
    checked = int(np.isin(labels, sampled).sum())
    all_pairs = (time.process_time() - started) / checked * len(hashes) / 2

    sizes = np.bincount(labels)
    table = Table("", "measured", "allowed", box=None, pad_edge=False)
    table.add_row("hashes", f"{len(hashes):,}")
    table.add_row("clusters of two and more", f"{(sizes > 1).sum():,}")
    table.add_row("largest clusters", ", ".join(f"{size:,}" for size in np.sort(sizes)[::-1][:5]))
    table.add_row("wall clock, s", f"{wall:.1f}", f"under {SECONDS_ALLOWED}")
    table.add_row("CPU, s", f"{cpu:.1f}")
    table.add_row("peak resident memory of the process, GB", f"{peak:.2f}", f"under {GB_ALLOWED}")
    table.add_row("brute force, CPU s, extrapolated from the check", f"{all_pairs:.0f}")
    table.add_row("times faster than brute force", f"{all_pairs / cpu:.0f}")
    table.add_row("clusters checked, and their members", f"{len(sampled):,}, {checked:,}")
    table.add_row("clusters that are no component by brute force", f"{len(wrong)}", "0")
    Console(width=120).print(table)


def planted_hashes(rng: np.random.Generator, count: int) -> Hashes:
    """Hashes with planted clusters in random order; clusters take at most half of them, the large ones first."""
    parts: list[Hashes] = []
    room = count // 2
    for size, copies in CLUSTER_SIZES.items():
        for kind in [cloud, walk] * copies:
            if size <= room:
                parts.append(kind(rng, size))
                room -= size
    planted = sum(map(len, parts))
    return rng.permutation(np.concatenate([*parts, rng.integers(0, 2**64, count - planted, dtype=np.uint64)]))


def cloud(rng: np.random.Generator, size: int) -> Hashes:
    """Hashes in each of which up to three bits of a centre are flipped: all within the distance of one another."""
    return rng.integers(0, 2**64, dtype=np.uint64) ^ _flips(rng, size, DISTANCE // 2)


def walk(rng: np.random.Generator, size: int) -> Hashes:
    """Hashes in each of which up to six bits of the one before are flipped."""
    start = rng.integers(0, 2**64, 1, dtype=np.uint64)
    return np.bitwise_xor.accumulate(np.concatenate([start, _flips(rng, size - 1, DISTANCE)]))


def _flips(rng: np.random.Generator, size: int, bits: int) -> Hashes:
    masks: Hashes = np.uint64(1) << rng.integers(0, HASH_BITS, (size, bits), dtype=np.uint64)
    return np.asarray(np.bitwise_or.reduce(masks, axis=1))


def sample_clusters(rng: np.random.Generator, labels: Labels, members: int) -> list[int]:
    """Labels of whole clusters, drawn by turns from each order of magnitude of their sizes.

    Args:
        rng: Draws them.
        labels: Label of each hash.
        members: Hashes that the clusters may have in all.
    """
    sizes = np.bincount(labels)
    magnitudes = np.log10(sizes).round()
    queues = [rng.permutation(np.flatnonzero(magnitudes == value)) for value in np.unique(magnitudes)[::-1]]
    sampled: list[int] = []
    for turn in range(max(map(len, queues))):
        for queue in queues:
            if turn < len(queue) and sizes[queue[turn]] <= members:
                sampled.append(int(queue[turn]))
                members -= sizes[queue[turn]]
        if members <= 0:
            break
    return sampled


def is_component(hashes: Hashes, members: NDArray[np.intp]) -> bool:
    """Whether hashes are one connected component of the graph of all hashes, comparing each of them with all."""
    position = np.full(len(hashes), -1)
    position[members] = np.arange(len(members))
    rows, columns = [], []
    for row, member in enumerate(members):
        near = np.flatnonzero(np.bitwise_count(hashes ^ hashes[member]) <= DISTANCE)
        if (position[near] < 0).any():
            return False
        rows.append(np.full(len(near), row))
        columns.append(position[near])
    ends = (np.concatenate(rows), np.concatenate(columns))
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(len(members), len(members)))
    return bool(connected_components(graph, directed=False)[0] == 1)


def peak_resident_gb() -> float:
    """Largest resident memory that this process has had."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e9


if __name__ == "__main__":
    main()
