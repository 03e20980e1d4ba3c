"""Finished episodes of an evaluation, and the file that keeps them."""

from pathlib import Path
from typing import Final, NamedTuple, Self

from pydantic import Field

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.plan import Mode, Task
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.items import Record
from mifg_pipeline.store.calls import CALL_SCHEMA, Calls
from mifg_pipeline.store.database import Database, checksum

_SCHEMA: Final = (
    """
CREATE TABLE IF NOT EXISTS episode (
    mode TEXT NOT NULL,
    item TEXT NOT NULL,
    sample INTEGER NOT NULL,
    digest TEXT NOT NULL,
    record TEXT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (mode, item, sample)
) STRICT;
"""
    + CALL_SCHEMA
)

_IF_DAMAGED: Final = "Start anew with another --out."


class Cost(Record):
    """What an episode took, whenever it was paid.

    Attributes:
        calls: Turns that were asked for.
        prompt_tokens: That a server read, in every call anew; of an engine, those of the episode that it was given.
        completion_tokens: That the model wrote.
        seconds: At the server, over its calls; of an engine, its share of the time that a wave of episodes took.
        money: That a server charged, 0 of an engine; None where the price is unknown.
    """

    calls: int = Field(ge=0)
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    seconds: float = Field(ge=0)
    money: float | None = None


class EvaluationEpisode(Record):
    """A finished episode.

    Attributes:
        mode: Whether the model had its tools.
        sample: Index among the episodes of its item in this mode.
        trajectory: What happened, without tokens.
        cost: What it took.
    """

    mode: Mode
    sample: int
    trajectory: Trajectory
    cost: Cost

    @property
    def key(self) -> "EpisodeKey":
        """Names it in its evaluation."""
        return EpisodeKey(self.mode, self.trajectory.question, self.sample)

    @property
    def reply(self) -> str | None:
        """What is judged: its answer in tags, else what it said last; None where it came to no end of its own."""
        if self.trajectory.end is EndReason.ANSWERED:
            return f"<answer>{self.trajectory.answer}</answer>"  # as the training judges it, whatever its thought says
        return self.trajectory.turns[-1].text if self.trajectory.end is EndReason.NO_ANSWER else None


class EpisodeKey(NamedTuple):
    """Names an episode in its evaluation."""

    mode: Mode
    item: str
    sample: int

    @classmethod
    def of(cls, task: Task) -> Self:
        """Of the episode of a task."""
        return cls(task.mode, task.item.key, task.sample)


class EvaluationLedger:
    """The episodes and the model calls of an evaluation; one process writes at a time.

    Args:
        path: Made where it is missing.

    Raises:
        MifgError: If the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = Database(path, _SCHEMA, read_only=False, if_damaged=_IF_DAMAGED)
        self.calls = Calls(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def put(self, task: Task, episode: EvaluationEpisode) -> None:
        """Keeps an episode in the place of an earlier one of the same key; it survives the end of the process."""
        columns = (*episode.key, task.digest, episode.model_dump_json())
        self._database.write(
            "INSERT OR REPLACE INTO episode VALUES (?, ?, ?, ?, ?, ?)", [(*columns, checksum(*columns))]
        )

    def episodes(self, tasks: list[Task]) -> dict[EpisodeKey, EvaluationEpisode]:
        """Those of the tasks that are there.

        Raises:
            MifgError: If one is damaged, or was played for a question in other words.
        """
        asked = {EpisodeKey.of(task): task.digest for task in tasks}
        found = {}
        for *columns, stored in self._database.select("SELECT * FROM episode"):
            mode, item, sample, digest, record = columns
            key = EpisodeKey(mode, item, sample)
            if key not in asked:
                continue
            if checksum(*columns) != stored:
                raise MifgError(f"{self._path} is damaged: the episode of {item}.", _IF_DAMAGED)
            if asked[key] != digest:
                raise MifgError(
                    f"{self._path} holds an answer to another question of the key {item}.",
                    "Give the data that the evaluation was started with, or another --out.",
                )
            found[key] = EvaluationEpisode.model_validate_json(record)
        return found
