"""Checkpoints: everything that a run needs to go on as if it had never stopped, complete or not there at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from torch.distributed.tensor import DTensor

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Record
from mifg_pipeline.store.files import fsync, unwritable
from mifg_pipeline.store.review_records import validation_problems
from mifg_pipeline.train.folder import step_name, step_of
from mifg_pipeline.train.model import IncompleteModelError, load_weights, save_model
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.sharding import laid_out_as

MODEL: Final = "model"
"""Folder of the model within a checkpoint, in the layout of Hugging Face; ``mifg ask --model`` takes it."""

_TRAINER = "trainer.pt"
_STATE = "state.json"


class TrainState(Record):
    """How far a run is.

    Attributes:
        step: Finished steps.
        drawn: Questions drawn so far.
        settings: Digest of the settings that have to stay.
        questions: Digest of the questions' keys; empty in checkpoints that do not say.
        base: Digest of the weights that adapters are trained over; empty where none are.
    """

    step: int
    drawn: int
    settings: str
    questions: str = ""
    base: str = ""


def save_checkpoint(
    checkpoints: Path, state: TrainState, policy: Policy, optimizer: torch.optim.Optimizer, keep: int, ranks: Ranks
) -> Path:
    """Saves model, optimiser and random states; then, and only then, drops checkpoints beyond the newest ``keep``.

    All ranks call it; the first one writes. A step that is saved already is left as it is.

    Returns:
        The folder of the checkpoint.

    Raises:
        MifgError: If the disk is full; earlier checkpoints are then as they were.
    """
    target = checkpoints / step_name(state.step)
    if any(ranks.gather(target.exists())):
        return target
    partial = checkpoints / f".{target.name}.partial"
    try:
        with naming_what_is_unwritable(target):
            _write(partial, state, policy, optimizer, ranks)
            if ranks.is_first:
                partial.rename(target)
                fsync(checkpoints)
    except MifgError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if ranks.is_first:
        _prune(checkpoints, keep)
    ranks.wait()
    return target


@contextmanager
def naming_what_is_unwritable(target: Path) -> Iterator[None]:
    """Says of a model that cannot be saved where it was to go, and what to do.

    Raises:
        MifgError: If the disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(target, error) from error
    except SafetensorError as error:
        raise unwritable(target, OSError(str(error))) from error


def complete_checkpoints(checkpoints: Path) -> dict[int, Path]:
    """All checkpoints by their steps, oldest first."""
    folders = (path for path in checkpoints.glob("step-*") if path.is_dir())
    steps = {step: path for path in folders if (step := step_of(path)) and path.name == step_name(step)}
    return dict(sorted(steps.items()))


def latest_checkpoint(checkpoints: Path) -> Path | None:
    """The newest checkpoint; None before the first."""
    return next(reversed(complete_checkpoints(checkpoints).values()), None)


def read_state(path: Path) -> TrainState:
    """How far the run was at a checkpoint.

    Raises:
        MifgError: If the checkpoint is damaged.
    """
    try:
        return TrainState.model_validate_json((path / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


def restore(path: Path, policy: Policy, optimizer: torch.optim.Optimizer, ranks: Ranks) -> TrainState:
    """Puts weights, optimiser and random states back; all ranks call it.

    A rank that the run did not have before keeps the random state that it has.

    Raises:
        MifgError: If the checkpoint is damaged, or of another model.
    """
    state = read_state(path)
    try:
        # Mapped, so that ranks on one machine share what they read.
        trainer = torch.load(path / _TRAINER, map_location="cpu", weights_only=True, mmap=True)
        moments, random = trainer["optimizer"], trainer["random"]
        load_weights(policy, path / MODEL)
    except (OSError, RuntimeError, UnpicklingError, KeyError, TypeError, IncompleteModelError) as error:
        raise _damaged(path, error) from error
    optimizer.load_state_dict(_sharded_state(optimizer, moments))
    if ranks.rank < len(random):
        _set_random_state(random[ranks.rank])
    return state


def _write(partial: Path, state: TrainState, policy: Policy, optimizer: torch.optim.Optimizer, ranks: Ranks) -> None:
    if ranks.is_first:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / MODEL).mkdir(parents=True)
    ranks.wait()
    save_model(policy, partial / MODEL)
    trainer = {
        "optimizer": _whole_state(optimizer, ranks),
        "random": ranks.gather(_random_state()),
    }
    if ranks.is_first:
        # Through a file of ours, so that a write that the system refuses is an OSError.
        with (partial / _TRAINER).open("wb") as file:
            torch.save(trainer, file)
        (partial / _STATE).write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
        for path in (*partial.rglob("*"), partial):
            fsync(path)


def _whole_state(optimizer: torch.optim.Optimizer, ranks: Ranks) -> dict[str, Any]:
    content = optimizer.state_dict()
    state = {
        index: {name: _whole(value, ranks) for name, value in entries.items()}
        for index, entries in content["state"].items()
    }
    return {"state": state, "param_groups": content["param_groups"]}


def _whole(value: Any, ranks: Ranks) -> Any:
    """A tensor on the CPU, put together by all ranks if it is sharded; only the first rank keeps it."""
    if isinstance(value, DTensor):
        value = value.full_tensor()
    if not torch.is_tensor(value):
        return value
    return value.cpu() if ranks.is_first else None


def _sharded_state(optimizer: torch.optim.Optimizer, content: dict[str, Any]) -> dict[str, Any]:
    """Whole tensors as the parameters are sharded that they belong to."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state = {
        index: {name: _restored(parameters[index], value) for name, value in entries.items()}
        for index, entries in content["state"].items()
    }
    return {"state": state, "param_groups": content["param_groups"]}


def _restored(parameter: torch.Tensor, value: Any) -> Any:
    if not torch.is_tensor(value):
        return value
    own = value.clone()  # so that nothing stays mapped to the file
    return laid_out_as(parameter, own) if own.shape == parameter.shape else own  # the number of steps has none


def _random_state() -> dict[str, torch.Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def _set_random_state(state: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def _prune(checkpoints: Path, keep: int) -> None:
    """Drops checkpoints beyond the newest; what the system does not let go of, the next time.

    A checkpoint loses its name first: a folder of that name is whole, whenever the process is killed.
    """
    for checkpoint in list(complete_checkpoints(checkpoints).values())[:-keep]:
        with suppress(OSError):
            checkpoint.rename(checkpoint.with_name(f".{checkpoint.name}.old"))
    for nameless in checkpoints.glob(".step-*.old"):
        shutil.rmtree(nameless, ignore_errors=True)


def _damaged(path: Path, error: Exception) -> MifgError:
    if isinstance(error, ValidationError):
        reason = validation_problems(error)
    elif isinstance(error, KeyError):
        reason = f"it lacks {error}"
    else:
        reason = str(error).partition("\n")[0]
    problem = f"The checkpoint {path} cannot be read: {reason.rstrip('.')}."
    others = [other.name for other in complete_checkpoints(path.parent).values() if other != path]
    return MifgError(
        error.problem if isinstance(error, MifgError) else problem,
        f"Remove {path}: the run then goes on from {others[-1]}."
        if others
        else f"Restore {path} from a copy: it is the only one, and without it the run begins anew.",
    )
