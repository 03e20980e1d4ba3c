"""Computes the log-probabilities of stored trajectories anew, and says how far they are from the recorded ones."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.config.train import DTypeName
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import ShownView, Trajectory
from mifg_pipeline.imagent.views import make_view
from mifg_pipeline.train.checkpoints import MODEL, complete_checkpoints
from mifg_pipeline.train.data import Questions
from mifg_pipeline.train.folder import TrainFolder, step_of
from mifg_pipeline.train.model import load_for_sampling
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.rescoring import rescored
from mifg_pipeline.train.token_batch import micro_batches


@dataclass(frozen=True)
class Weights:
    """A model to replay with.

    Attributes:
        path: Folder or hub name.
        origin: Where it comes from, and whether it is what the trajectories were sampled with.
    """

    path: str
    origin: str


@dataclass(frozen=True)
class Comparison:
    """One trajectory's log-probabilities, recorded and computed anew.

    Attributes:
        question: Key of the question.
        sample: Index among the trajectories of the question.
        end: How it ended.
        tokens: Sampled ones.
        largest: Largest |difference| in nats; None where no token has both finite.
        mean: Mean |difference| in nats.
        not_finite: Places in the trajectory of sampled tokens that lack a finite log-probability, on either side.
    """

    question: str
    sample: int
    end: str
    tokens: int
    largest: float | None
    mean: float | None
    not_finite: tuple[int, ...]


def run_of(path: Path) -> TrainFolder:
    """The run that a file of trajectories belongs to.

    Raises:
        MifgError: If it lies in the folder of no training run.
    """
    for parent in path.absolute().parents:
        folder = TrainFolder(parent)
        if folder.settings_path.is_file():
            return folder
    raise MifgError(
        f"{path} does not lie in the folder of a training run.",
        "Name a file in the folder `trajectories`, or in `failed`, of a run.",
    )


def read_lines(path: Path) -> list[TrainedTrajectory]:
    """The lines of a file of trajectories, in order.

    Raises:
        MifgError: If it cannot be read, or a line is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [TrainedTrajectory.model_validate_json(line) for line in lines]
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        raise MifgError(f"{path} is no file of trajectories: {reason}.", "Name one that `mifg train` wrote.") from error


def read_trajectories(path: Path) -> list[Trajectory]:
    """The trajectories of a file, in order; raises as ``read_lines`` does."""
    return [line.trajectory for line in read_lines(path)]


def weights_for(path: Path, folder: TrainFolder, settings: TrainSettings) -> Weights:
    """The weights nearest to those that a file of trajectories was sampled with.

    What is sampled in step 7 is sampled with the weights that six steps made.
    """
    if (beside := path.parent / MODEL).is_dir():
        return Weights(str(beside), "saved beside the trajectories, which were sampled with it")
    made_by = (step_of(path) or step_of(path.parent) or 1) - 1
    models = {0: settings.model.path}
    models |= {step: str(checkpoint / MODEL) for step, checkpoint in complete_checkpoints(folder.checkpoints).items()}
    found = min(models, key=lambda step: (abs(step - made_by), step))
    model = models[found]
    name = f"the checkpoint after step {found}" if found else "the model that the run started from"
    if found == made_by:
        return Weights(model, f"{name}, with which the trajectories were sampled")
    return Weights(
        model, f"{name}; the trajectories were sampled after step {made_by}, so that differences are of training too"
    )


def load_scorer(path: str, device: torch.device, dtype: DTypeName) -> Policy:
    """A full checkpoint or an adapter folder, to score tokens with.

    Raises:
        MifgError: If it is missing, damaged or of another architecture.
    """
    loaded = load_for_sampling(path, device, dtype)
    banned_ids = ChatFormat.load(loaded.chat_folder).banned_ids
    return Policy(loaded.module, loaded.chat_folder, banned_ids, base=path)


def replay(
    trajectories: Sequence[Trajectory], policy: Policy, questions: Questions, settings: TrainSettings
) -> list[Comparison]:
    """Compares the recorded log-probabilities of the sampled tokens with those of a policy.

    Args:
        trajectories: As stored; those without sampled tokens have nothing to compare.
        policy: Scores their tokens.
        questions: Of the dataset that they were played on.
        settings: Of the run; temperature and tokens of a forward pass are read.

    Raises:
        MifgError: If a question, or an image of it, is not in the dataset.
    """
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    comparable = [index for index, one in enumerate(trajectories) if TokenKind.SAMPLED in one.tracks.kinds]
    lengths = [len(trajectories[index].tracks.token_ids) for index in comparable]
    computed: dict[int, list[float]] = {}
    for group in micro_batches(lengths, settings.optimizer.micro_batch_tokens):
        rows = [comparable[place] for place in group]
        tracks = [
            tracks_of(trajectories[row], questions.by_key(trajectories[row].question), chat_format.image_token_id)
            for row in rows
        ]
        parts = rescored(policy, tracks, vision_inputs, settings.rollout.temperature)
        computed |= dict(zip(rows, parts, strict=True))
    return [compare(one, computed.get(index, ())) for index, one in enumerate(trajectories)]


def compare(trajectory: Trajectory, computed: Sequence[float]) -> Comparison:
    """Compares a trajectory's recorded log-probabilities of its sampled tokens with others, given in their order."""
    tracks = trajectory.tracks
    places = [place for place, kind in enumerate(tracks.kinds) if kind == TokenKind.SAMPLED]
    pairs = [(place, tracks.logprobs[place], new) for place, new in zip(places, computed, strict=True)]
    finite = [abs(new - old) for _, old, new in pairs if math.isfinite(old) and math.isfinite(new)]
    return Comparison(
        question=trajectory.question,
        sample=trajectory.sample,
        end=trajectory.end.value,
        tokens=len(places),
        largest=max(finite, default=None),
        mean=math.fsum(finite) / len(finite) if finite else None,
        not_finite=tuple(place for place, old, new in pairs if not (math.isfinite(old) and math.isfinite(new))),
    )


def tracks_of(trajectory: Trajectory, question: Question, image_token_id: int) -> Tracks:
    """What the trainer reads of a stored trajectory, its views made again from the question's images.

    Raises:
        MifgError: If an image that it shows is none of the question's.
    """
    tracks = trajectory.tracks
    return Tracks(
        token_ids=tracks.token_ids,
        kinds=tuple(map(TokenKind, tracks.kinds)),
        turns=tracks.turns,
        logprobs=tracks.logprobs,
        image=tuple(token == image_token_id for token in tracks.token_ids),
        views=tuple(_views(trajectory.views, question)),
    )


def _views(shown: Sequence[ShownView], question: Question) -> Iterator[View]:
    images = {image.sha256: image for image in question.images}
    for view in shown:
        if view.sha256 not in images:
            raise MifgError(
                f"Question {question.key} has no image with SHA-256 {view.sha256}.",
                "Give the dataset that the run was trained on with --data.",
            )
        yield make_view(view.sha256, images[view.sha256].pixels(), view.box, view.width, view.height)
