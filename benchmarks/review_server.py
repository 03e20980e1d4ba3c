"""What annotators wait for at the review server, and whether it loses anything when it is killed.

Three measurements, each at a server in a process of its own on runs that are drawn for it:

* decisions: closed-loop clients decide item after item; a decision counts from the request to the answer, which comes
  when the decision is on disk;
* images: an item with eight JPEGs of 12 megapixels is fetched as the page fetches it, all images at once on six
  connections, first cold, then the next item after its images were fetched ahead;
* kills: clients submit while the server is killed (SIGKILL) and started again; then the logs are compared with what
  was acknowledged.
"""

import argparse
import io
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from machine import print_header
from PIL import Image

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))
from review_process import ReviewClient, review_client, review_server
from review_run import review_item, write_items, write_review_run
from steady_reviewers import Reviewers, lost_and_doubled

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.store import CorpusLocation, RunFolder, RunManifest
from mifg_pipeline.store.events import event_logs

NAMES = [f"annotator-{number}" for number in range(8)]
BROWSER_CONNECTIONS = 6
RENDITION_SIDE = 1024
EVENT_BYTES = 600
PHOTOS = 16
PHOTO_SIZE = (4000, 3000)


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=2000, help="of four clients, to time")
    parser.add_argument("--submits", type=int, default=10_000, help="of eight clients, under kills")
    parser.add_argument("--kills", type=int, default=10)
    arguments = parser.parse_args()
    print_header("fastapi", "uvicorn", "pillow")
    with tempfile.TemporaryDirectory() as folder:
        time_decisions(Path(folder) / "decisions", arguments.decisions)
        time_images(Path(folder) / "images")
        survive_kills(Path(folder) / "kills", arguments.submits, arguments.kills)


def time_decisions(folder: Path, items: int) -> None:
    """Four clients decide everything."""
    run = write_review_run(folder, items)
    with review_server(run, folder, *NAMES[:4]) as server:
        reviewers = Reviewers(server)
        started = time.perf_counter()
        reviewers.review(NAMES[:4], kills=0, between=0)
        rate = items / (time.perf_counter() - started)
    say(f"A decision with 4 clients: {in_milliseconds(reviewers.seconds)}, {rate:.0f} items/s")
    say(f"Forcing 600 bytes to the same disk, nothing else: {in_milliseconds(disk_seconds(folder / 'bytes', items))}")


def disk_seconds(path: Path, times: int) -> list[float]:
    """Seconds that each of so many appends takes until it is on disk: what no decision can do without."""
    seconds = []
    with path.open("ab", buffering=0) as file:
        for _ in range(times):
            started = time.perf_counter()
            file.write(b"x" * EVENT_BYTES)
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - started)
    return seconds


def in_milliseconds(seconds: list[float]) -> str:
    """Median and 99th percentile."""
    milliseconds = [1000 * each for each in seconds]
    return f"median {median(milliseconds):.1f} ms, p99 {quantiles(milliseconds, n=100)[98]:.1f} ms"


def time_images(folder: Path) -> None:
    """First views of items with eight photographs, in fresh servers and with images fetched ahead."""
    run = write_photo_run(folder)
    with review_server(run, folder, "alice") as server, review_client(server.url, "alice") as alice:
        task = alice.next()
        assert task
        cold = fetch(alice, task["images"])
        fetch(alice, alice.get("/api/upcoming").json()[0]["images"])
        alice.decide(task)
        started = time.perf_counter()
        following = alice.next()
        assert following
        fetch(alice, following["images"])
        ahead = time.perf_counter() - started
    say(f"8 JPEGs of 12 megapixels: cold {cold:.2f} s, next item fetched ahead {1000 * ahead:.0f} ms")


def survive_kills(folder: Path, submits: int, kills: int) -> None:
    """Eight clients submit while the server is killed."""
    run = write_review_run(folder, submits)
    with review_server(run, folder, *NAMES, lease_seconds=5) as server:
        reviewers = Reviewers(server)
        started = time.perf_counter()
        reviewers.review(NAMES, kills=kills, between=submits // (kills + 1))
        seconds = time.perf_counter() - started
    lost, doubled = lost_and_doubled(run, reviewers)
    acknowledged = sum(map(len, reviewers.acknowledged.values()))
    stored = sum(len(log.read().events) for log in event_logs(run))
    say(
        f"{submits} items, 8 clients, {kills} kills, {seconds:.0f} s: {acknowledged} acknowledged, {stored} stored, "
        f"{len(lost)} lost, {len(doubled)} doubled"
    )


def fetch(client: ReviewClient, images: list[dict[str, str]]) -> float:
    """Seconds until all images are there, as a browser fetches them."""
    started = time.perf_counter()
    with ThreadPoolExecutor(BROWSER_CONNECTIONS) as connections:
        addresses = [f"/images/{image['sha256']}?side={RENDITION_SIDE}" for image in images]
        for answer in connections.map(client.get, addresses):
            assert answer.status_code == 200, answer.text
    return time.perf_counter() - started


def write_photo_run(folder: Path) -> RunFolder:
    """Two items of eight photographs each."""
    corpus_root, run = folder / "corpus", RunFolder(folder / "run")
    corpus_root.mkdir(parents=True)
    for number in range(PHOTOS):
        (corpus_root / f"photo-{number:02}.jpg").write_bytes(photo(number))
    index_corpus(corpus_root)
    corpus = Corpus.open(corpus_root)
    run.create()
    location = CorpusLocation(path="../corpus", fingerprint=corpus.fingerprint)
    run.write_manifest(RunManifest(corpus=location, settings=GenerateSettings(items=2), versions={}))
    images = [image.ref() for image in corpus.images]
    write_items(run, [review_item(0, images[:8]), review_item(2, images[8:])])
    return run


def photo(seed: int) -> bytes:
    """A JPEG of 12 megapixels and about 4 MB: colours with the grain of a photograph."""
    rng = np.random.default_rng(seed)
    blobs = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).resize(PHOTO_SIZE, Image.Resampling.BICUBIC)
    grain = rng.normal(0, 6, (*PHOTO_SIZE[::-1], 1))
    buffer = io.BytesIO()
    Image.fromarray((np.asarray(blobs) + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def say(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
