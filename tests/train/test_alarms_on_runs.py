"""Alarms on real runs: what is made to go wrong is noticed, and a paused run can go on."""

import io
import json
from pathlib import Path
from statistics import fmean

import pytest
from answering_model import write_answering_model
from rich.console import Console
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.loop import train
from mifg_pipeline.train.presets import read_config

pytestmark = pytest.mark.slow

SPAMMING = (1, 1, 20, 1)
"""Replies of ``answering_model`` of which most call a tool."""
ONE_ANSWER = (1, 0, 0, 0)
"""One reply alone: what a collapsed policy writes."""
ALARMS = ("min_calls", "max_calls", "min_valid_calls", "min_tool_benefit", "max_masked", "min_entropy")


@pytest.fixture(scope="module", name="dataset")
def _dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One question, whose answer can be learned by heart."""
    folder = tmp_path_factory.mktemp("one") / "dataset"
    write_tiny_dataset(folder, rows=1)
    return folder


@pytest.fixture(scope="module", name="settings_of")
def _settings_of(dataset: Path, tmp_path_factory: pytest.TempPathFactory):
    """Builds the settings of a run that pauses at one alarm; the others are off. Models are made once."""
    root = tmp_path_factory.mktemp("alarms")

    def build(alarm: str, *overrides: str, weights: tuple[int, ...] = (4, 4, 2, 1)) -> TrainSettings:
        model = root / "-".join(map(str, weights))
        places = (f"model.path={model}", f"data.path={dataset}", f"out={root / alarm}")
        others = [f"alarms.{name}=null" for name in ALARMS if name != alarm]
        small = ("rollout.groups=3", "rollout.group_size=4", "episode.max_turn_tokens=32", "checkpoint.every=100")
        settings = load_train_settings(
            read_config("cpu"),
            [*places, *others, *small, "steps=12", "alarms.window=2", "alarms.action=pause", *overrides],
        )
        if not model.exists():
            write_answering_model(model, dataset, settings.episode, weights)
        return settings

    return build


def paused(settings: TrainSettings, alarm: str) -> int:
    """The step after which the run pauses at this alarm."""
    with pytest.raises(MifgError, match=rf"(?s)Training paused after step \d+: .*alarms\.{alarm} = .*action=warn"):
        train(settings, Console(quiet=True))
    return len(rows(settings))


def rows(settings: TrainSettings) -> list:
    return [json.loads(line) for line in (settings.out / "metrics.jsonl").open()]


def test_a_learning_rate_that_wrecks_the_model_ends_its_calls(settings_of):
    broken = ("optimizer.learning_rate=0.3", "optimizer.warmup_steps=0", "optimizer.max_grad_norm=1000")
    settings = settings_of("min_calls", *broken)
    step = paused(settings, "min_calls")
    first, *_, last = rows(settings)
    assert first["calls_per_trajectory"] > 0.05 > last["calls_per_trajectory"]
    assert 1 < step < settings.steps


def test_an_answer_learned_by_heart_leaves_nothing_to_train(settings_of):
    # How soon the answer is found is a matter of luck: rounding decides which replies are sampled.
    settings = settings_of("max_masked", "optimizer.learning_rate=0.001", "reward.tool_gain=0", "steps=40")
    step = paused(settings, "max_masked")
    first, *_, last = rows(settings)
    assert first["masked"] < 0.8 < fmean(row["masked"] for row in rows(settings)[-settings.alarms.window :])
    assert first["accuracy"] < last["accuracy"]
    assert 2 < step < settings.steps


def test_a_model_that_says_one_thing_only_has_no_entropy(settings_of):
    settings = settings_of("min_entropy", weights=ONE_ANSWER)
    assert paused(settings, "min_entropy") == 2
    assert all(row["entropy"] < 0.02 for row in rows(settings))


def test_a_model_that_calls_and_calls_is_paused_and_can_go_on(settings_of):
    long = ("episode.max_turns=4", "alarms.max_calls=2", "steps=3")
    settings = settings_of("max_calls", *long, weights=SPAMMING)
    assert paused(settings, "max_calls") == 2
    assert (settings.out / "checkpoints" / "step-000002" / "model" / "model.safetensors").is_file()

    shown = io.StringIO()
    train(settings_of("max_calls", *long, "alarms.action=warn", weights=SPAMMING), Console(file=shown, width=200))
    assert "Resuming after step 2" in shown.getvalue()
    assert [row["step"] for row in rows(settings)] == [1, 2, 3]


def test_a_model_that_answers_raises_no_alarm_on_calls(settings_of):
    settings = settings_of("max_calls", "steps=3", f"out={settings_of('max_calls').out}-sound")
    train(settings, Console(quiet=True))
    assert len(rows(settings)) == 3
