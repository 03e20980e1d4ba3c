"""Our arm: `mifg generate` as users start it, with settings by which an item takes four calls, one after the other.

The images are picked without a model, and each of the four calls shows both of them. The model writes a question,
judges it, and solves it twice: once in the glance probe, which its first attempt decides, and once for the pass rate.
All lints run; the other probes are off. The two probes show the images at slightly different sizes, for otherwise they
would ask the same now and then, and the replay cache would answer.
"""

import sys
from pathlib import Path

import yaml
from corpus import Pictures

PROGRAM = (sys.executable, "-c", "from mifg_pipeline.cli import main; main()")

OFF = ("blind", "necessity", "focus", "consistency")


def write_settings(path: Path, url: str, pictures: Pictures) -> None:
    """Writes the settings of a run on a corpus of such images."""
    shown = 2 * pictures.sent_pixels
    settings = {
        "max_rounds": 0,
        "min_sharpness": 0,
        # The evidence is legible, but not at first view: otherwise there would be no glance probe.
        "gates": {"min_image_side": 64, "max_evidence_area": 0.2, "first_view_pixels": shown, "glance_share": 1},
        "models": {"stub": {"model": "stub", "image_pixels": pictures.sent_pixels, "server": {"base_url": url}}},
        "agents": {"question_writer": {"stub": 1}, "judge": "stub", "solvers": ["stub"]},
        "probes": {
            **dict.fromkeys(OFF),
            "glance": {"p0": 0.1, "p1": 0.9, "alpha": 0.2, "beta": 0.2, "most": 1},
            "glance_pixels": int(0.99 * shown),
            "difficulty_attempts": 1,
        },
    }
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def command(corpus: Path, run: Path, settings: Path, rows: int) -> list[str]:
    """The command that makes so many items."""
    arguments = ("generate", "--corpus", corpus, "--out", run, "--config", settings, "--items", rows)
    return [*PROGRAM, *map(str, arguments)]
