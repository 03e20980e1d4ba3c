"""What an analysis reads: stored trajectories, their images, and the weights nearest to those that made them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.train.data import Questions, load_questions
from mifg_pipeline.train.replay import Weights, read_lines, run_of, tracks_of, weights_for


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
        side = chat_format.token_side
        areas = [(view.height // side) * (view.width // side) for view in tracks.views]
        is_whole = all(view.height % side == view.width % side == 0 for view in tracks.views)
        if not is_whole or sum(tracks.image) != sum(areas):
            raise MifgError(
                f"{self.weights.path} does not read images by the tokens of these trajectories.",
                "Give a checkpoint of the family, and with the tokenizer, that they were sampled with.",
            )
        return tracks

    def chosen(self, fits: Callable[[TrainedTrajectory], bool], most: int | None) -> "Source":
        """The same with the lines that fit; at most so many of them, evenly spaced so that they are of many groups."""
        lines = [line for line in self.lines if fits(line)]
        if most is not None and len(lines) > most:
            lines = [lines[index * len(lines) // most] for index in range(most)]
        return replace(self, lines=tuple(lines))

    def check_any(self, reason: str) -> None:
        """Refuses a source without lines.

        Raises:
            MifgError: If it is one.
        """
        if not self.lines:
            raise MifgError(
                f"The file has no trajectory to look into: {reason}.", "Name the trajectories of another step."
            )


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
