"""What an analysis reads: stored trajectories, their images, and the weights that are nearest to those that made them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.data import Questions, load_questions
from mifg_pipeline.train.replay import Weights, read_lines, run_of, tracks_of, weights_for
from mifg_pipeline.train.trained_trajectory import TrainedTrajectory

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Source:
    """Trajectories of one step of a run.

    Attributes:
        lines: As stored.
        settings: Of the run.
        questions: That were asked.
        weights: To read them with.
    """

    lines: tuple[TrainedTrajectory, ...]
    settings: TrainSettings
    questions: Questions
    weights: Weights

    def tracks(self, line: TrainedTrajectory, chat_format: ChatFormat) -> Tracks:
        """What a model reads of a line, its views made again.

        Raises:
            MifgError: If a question or an image is not in the dataset, or the model does not read images by the same
                tokens.
        """
        question = self.questions.by_key(line.trajectory.question)
        tracks = tracks_of(line.trajectory, question, chat_format.image_token_id)
        if sum(tracks.image) != sum(map(chat_format.tokens_of, tracks.views)):
            raise MifgError(
                f"{self.weights.path} does not read images by the tokens of these trajectories.",
                "Give a checkpoint of the family, and with the tokenizer, that they were sampled with.",
            )
        return tracks

    def with_lines(self, lines: Iterable[TrainedTrajectory]) -> "Source":
        """The same with other lines."""
        return replace(self, lines=tuple(lines))


def open_source(path: Path, model: str | None, data: Path | None) -> Source:
    """The trajectories of a file, in the folder of the run that wrote it.

    Args:
        path: The file.
        model: Checkpoint to use; the one nearest to the step's own weights where None.
        data: The dataset, where it is no longer at the place that the run's settings name.

    Raises:
        MifgError: If file, run or dataset cannot be read.
    """
    lines = read_lines(path)
    folder = run_of(path)
    settings = folder.read_settings()
    weights = Weights(model, "given with --model") if model else weights_for(path, folder, settings)
    questions = load_questions(data or settings.data.path, settings.data.split)
    return Source(tuple(lines), settings, questions, weights)


def spread(items: Sequence[_Item], most: int | None) -> list[_Item]:
    """At most so many of the items, evenly spaced, so that they are of many groups; all of them where None."""
    if most is None or len(items) <= most:
        return list(items)
    return [items[index * len(items) // most] for index in range(most)]
