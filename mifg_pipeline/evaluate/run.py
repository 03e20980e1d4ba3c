"""An evaluation from start to end: what was played before, the rest of the episodes, the judgement, the figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks import Benchmark
from mifg_pipeline.evaluate.episodes import EpisodeKey, EvaluationEpisode, EvaluationLedger
from mifg_pipeline.evaluate.figures import Evaluation, mode_figures, pair, pair_by_facet
from mifg_pipeline.evaluate.outcomes import judge, write_outcomes
from mifg_pipeline.evaluate.plan import Plan, Task, Tools, modes_of, tasks_of
from mifg_pipeline.evaluate.players import Player
from mifg_pipeline.store.files import locked_folder, replaced_file

OnEpisode = Callable[[EvaluationEpisode], None]


@dataclass(frozen=True)
class EvaluationFolder:
    """Where the files of an evaluation lie.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def plan(self) -> Path:
        """What the episodes were played with."""
        return self.root / "plan.json"

    @property
    def ledger(self) -> Path:
        """Episodes and model calls."""
        return self.root / "ledger.sqlite"

    @property
    def outcomes(self) -> Path:
        """A line for each episode."""
        return self.root / "outcomes.jsonl"

    @property
    def figures(self) -> Path:
        """All figures."""
        return self.root / "evaluation.json"

    @property
    def table(self) -> Path:
        """A table for a README."""
        return self.root / "evaluation.md"

    @property
    def page(self) -> Path:
        """The report."""
        return self.root / "evaluation.html"


@dataclass(frozen=True)
class Evaluated:
    """A finished evaluation.

    Attributes:
        evaluation: Its figures.
        episodes: What they were computed from.
    """

    evaluation: Evaluation
    episodes: Mapping[EpisodeKey, EvaluationEpisode]


@dataclass(frozen=True)
class Extent:
    """How much is played, and how it is judged.

    Attributes:
        tools: Whether the model has its tools.
        samples: Episodes of each item in each mode.
        lenient: Whether an answer counts that stands outside of answer tags.
    """

    tools: Tools
    samples: int
    lenient: bool


_ANOTHER: Final = "Give what it was started with, or another --out."


def evaluate(
    plan: Plan,
    benchmark: Benchmark,
    extent: Extent,
    open_player: Callable[[], Player],
    folder: EvaluationFolder,
    on_start: Callable[[int, int], None],
    on_episode: OnEpisode,
) -> Evaluated:
    """Plays what is not there yet, and writes outcomes and figures.

    An episode that the machinery ended is played again at every start.

    Args:
        plan: What decides the episodes.
        benchmark: What is asked.
        extent: How much of it.
        open_player: Opens what plays; called only if something is left to play.
        folder: New, or to be resumed.
        on_start: Takes how many episodes are there, and how many there shall be.
        on_episode: Takes each new episode, once it is stored.

    Raises:
        MifgError: If items have more images than an episode may, the folder holds another evaluation, or something
            stops the run.
    """
    _check_images(benchmark, plan.episode.max_images)
    modes = modes_of(extent.tools)
    tasks = tasks_of(benchmark.items, modes, extent.samples, plan.seed)
    with locked_folder(folder.root):
        _settle_plan(folder, plan)
        with EvaluationLedger(folder.ledger) as ledger:
            episodes = ledger.episodes(tasks)
            left = [task for task in tasks if _is_left(episodes.get(EpisodeKey.of(task)))]
            on_start(len(tasks) - len(left), len(tasks))

            def keep(task: Task, episode: EvaluationEpisode) -> None:
                ledger.put(task, episode)
                episodes[episode.key] = episode
                on_episode(episode)

            if left:
                open_player().play(left, keep, ledger.calls)
        evaluation = _judged(plan, benchmark, extent, episodes, folder)
    return Evaluated(evaluation, episodes)


def _check_images(benchmark: Benchmark, most: int) -> None:
    """Told before the first episode: with another limit, all of them would have to be played again."""
    over = [item for item in benchmark.items if item.image_count > most]
    if over:
        needed = max(item.image_count for item in over)
        raise MifgError(
            f"{len(over):,} of {len(benchmark.items):,} items have up to {needed} images, {over[0].key} among them, "
            f"and an episode may have {most}.",
            f"Give --set episode.max_images={needed} or more, so that the model can look again; or a --subset.",
        )


def _is_left(episode: EvaluationEpisode | None) -> bool:
    return episode is None or episode.trajectory.end.is_fault


def _settle_plan(folder: EvaluationFolder, plan: Plan) -> None:
    if not folder.plan.exists():
        if folder.ledger.exists():
            raise MifgError(f"{folder.root} holds episodes, but not the plan that they were played by.", _ANOTHER)
        with replaced_file(folder.plan) as file:
            file.write(plan.model_dump_json(indent=2) + "\n")
        return
    try:
        stored = Plan.model_validate_json(folder.plan.read_text("utf-8")).identity()
    except (OSError, ValueError) as error:
        raise MifgError(f"{folder.plan} is damaged.", "Start anew with another --out.") from error
    wanted = plan.identity()
    changes = [
        f"{key} was {stored[key]}, is {value}" for key, value in wanted.items() if stored.get(key, value) != value
    ]
    if changes:
        raise MifgError(f"{folder.root} holds another evaluation: {'; '.join(changes)}.", _ANOTHER)


def _judged(
    plan: Plan,
    benchmark: Benchmark,
    extent: Extent,
    episodes: Mapping[EpisodeKey, EvaluationEpisode],
    folder: EvaluationFolder,
) -> Evaluation:
    modes = modes_of(extent.tools)
    judgements = {mode: judge(benchmark, episodes, mode, extent.samples, lenient=extent.lenient) for mode in modes}
    write_outcomes(folder.outcomes, [outcome for found in judgements.values() for outcome in found.outcomes])
    paired = [judgements[mode].outcomes for mode in modes] if extent.tools == "both" else None
    evaluation = Evaluation(
        plan=plan,
        asked=benchmark.asked,
        lenient=extent.lenient,
        items=len(benchmark.items),
        samples=extent.samples,
        modes={
            mode: mode_figures(found, [e for e in episodes.values() if e.mode == mode], extent.samples)
            for mode, found in judgements.items()
        },
        tools=pair(*paired) if paired else None,
        tools_by=pair_by_facet(*paired) if paired else {},
    )
    with replaced_file(folder.figures) as file:
        file.write(evaluation.model_dump_json(indent=2) + "\n")
    return evaluation
