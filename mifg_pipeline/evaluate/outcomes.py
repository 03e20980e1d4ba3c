"""Which answers of an evaluation are right: one line for each episode, which all figures are computed from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks import Benchmark
from mifg_pipeline.evaluate.episodes import EpisodeKey, EvaluationEpisode
from mifg_pipeline.evaluate.items import PublishedFigure
from mifg_pipeline.evaluate.plan import Mode
from mifg_pipeline.items import Record
from mifg_pipeline.store.files import replaced_file


class Outcome(Record):
    """How one episode was judged.

    Attributes:
        mode: Whether the model had its tools.
        sample: Index among the episodes of the item in this mode.
        key: Of the item.
        group: Of the item: items that are right only together.
        subset: Of the item.
        facets: Of the item; a value with commas names several.
        text: What was taken for the answer; None where there is none.
        correct: Whether that is right.
        group_correct: Whether every item of the group is right in this mode and sample.
        lenient: Whether the answer stands outside of answer tags.
        question: Digest of the words of the question, its options and its key; empty in files that do not say.
    """

    mode: Mode
    sample: int
    key: str
    group: str
    subset: str
    facets: dict[str, str]
    text: str | None
    correct: bool
    group_correct: bool
    lenient: bool
    question: str = ""


class Judgement(Record):
    """What was judged of one mode.

    Attributes:
        outcomes: By sample, then in the order of the items.
        published: The figures that the benchmark itself reports, each the mean over the samples.
    """

    outcomes: tuple[Outcome, ...]
    published: tuple[tuple[str, float, int], ...]


def judge(
    benchmark: Benchmark,
    episodes: Mapping[EpisodeKey, EvaluationEpisode],
    mode: Mode,
    samples: int,
    *,
    lenient: bool,
) -> Judgement:
    """Judges the episodes of one mode by the benchmark's rule.

    Args:
        benchmark: Whose items were asked.
        episodes: All of them.
        mode: That is judged.
        samples: Episodes of each item.
        lenient: Whether an answer counts that stands outside of answer tags.
    """
    outcomes: list[Outcome] = []
    published: list[tuple[PublishedFigure, ...]] = []
    for sample in range(samples):
        replies = {item.key: episodes[EpisodeKey(mode, item.key, sample)].reply for item in benchmark.items}
        verdicts = benchmark.verdicts(replies, lenient=lenient)
        published.append(benchmark.published(verdicts))
        outcomes += [
            Outcome(mode=mode, sample=sample, facets=dict(item.facets), question=item.digest, **vars(verdict))
            for item, verdict in zip(benchmark.items, verdicts, strict=True)
        ]
    return Judgement(outcomes=tuple(outcomes), published=_means(published))


def write_outcomes(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Writes one line for each.

    Raises:
        MifgError: If the file cannot be written.
    """
    with replaced_file(path) as file:
        file.writelines(f"{outcome.model_dump_json()}\n" for outcome in outcomes)


def read_outcomes(path: Path) -> list[Outcome]:
    """What ``write_outcomes`` wrote.

    Raises:
        MifgError: If the file is missing or damaged.
    """
    line = TypeAdapter(Outcome)
    try:
        with path.open(encoding="utf-8", newline="\n") as file:  # an answer may hold what else ends a line
            return [line.validate_json(text) for text in file]
    except OSError as error:
        raise MifgError(
            f"{path} cannot be read ({error.strerror}).", "Give a folder that `mifg eval` has finished."
        ) from error
    except ValueError as error:  # of pydantic, or of the encoding
        raise MifgError(
            f"{path} is damaged.", "Run `mifg eval` on the folder again: it writes the file anew."
        ) from error


def _means(published: Sequence[tuple[PublishedFigure, ...]]) -> tuple[tuple[str, float, int], ...]:
    """Each figure's mean over the samples, with what it is a share of."""
    return tuple(
        (figures[0].name, sum(figure.value for figure in figures) / len(figures), figures[0].count)
        for figures in zip(*published, strict=True)
    )
