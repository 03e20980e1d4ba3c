"""The questions of an exported dataset, read when they are drawn."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.items import Answer, Region, Tolerance, content_digest
from mifg_pipeline.store.review_records import validation_problems

if TYPE_CHECKING:
    import datasets

REQUIRED_COLUMNS: Final = ("id", "images", "question", "options", "answer", "answer_kind")
"""Columns without which a row is no question; the others of an export are read where they are."""

_MEND: Final = "Mend this row, or leave it out of the dataset; `mifg check` says more of an export."

_REMEDY: Final = "Give the folder that `mifg export RUN --out DIR --format hf` wrote as data.path."


class Questions:
    """The questions of one split, by position and by key.

    Args:
        rows: The split, its images not decoded.
    """

    def __init__(self, rows: "datasets.Dataset") -> None:
        self._rows = rows
        self._position = {str(key): position for position, key in enumerate(rows["id"])}

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int) -> Question:
        """The question at a position.

        Raises:
            MifgError: If the row's answer does not fit its kind, or an image is missing.
        """
        row = self._rows[position]
        if not row["images"] or not all(image and image["bytes"] for image in row["images"]):
            raise MifgError(f"Question {row['id']} has no images, or they lie outside of the dataset.", _MEND)
        answer, evidence = _key_and_evidence(row)
        return Question(
            key=str(row["id"]),
            images=tuple(
                QuestionImage.of_bytes(image["bytes"], f"Image {number} of question {row['id']}")
                for number, image in enumerate(row["images"], start=1)
            ),
            text=row["question"],
            options=tuple(row["options"]) if row["options"] else None,
            answer=answer,
            evidence=evidence,
        )

    @property
    def digest(self) -> str:
        """Tells these questions from others, by their keys: those of an export are digests of all that is asked."""
        return content_digest([str(key) for key in self._rows["id"]])

    def require_playable(self, max_images: int) -> None:
        """Looks at all rows, but for the pixels, so that a run does not meet a bad one when it is half done.

        Args:
            max_images: Of an episode.

        Raises:
            MifgError: For the first row that cannot be read, or the questions with more images.
        """
        import pyarrow.compute as pc

        images = self._rows.data.column("images")
        counts = pc.list_value_length(images).to_pylist()
        sizes = [pc.binary_length(pc.struct_field(chunk.flatten(), "bytes")) for chunk in images.chunks]
        if not all(counts) or any(size.null_count or pc.min(size).as_py() == 0 for size in sizes):
            for position in range(len(self)):
                self[position]  # the first that cannot be read is named
        many = [key for key, count in zip(self._rows["id"], counts, strict=True) if count > max_images]
        if many:
            raise MifgError(
                f"{len(many)} of {len(self)} questions, such as {many[0]}, have more images than an episode may: "
                f"{max_images}.",
                "Raise episode.max_images, or leave them out of the dataset.",
            )
        for row in self._rows.remove_columns("images"):
            _key_and_evidence(row)

    def by_key(self, key: str) -> Question:
        """The question of that key.

        Raises:
            MifgError: If the dataset has none.
        """
        if key not in self._position:
            raise MifgError(f"The dataset has no question {key}.", "Give the dataset that the run was trained on.")
        return self[self._position[key]]

    def __iter__(self) -> Iterator[Question]:
        return (self[position] for position in range(len(self)))


def load_questions(path: Path, split: str) -> Questions:
    """The questions of one split of an exported dataset.

    Raises:
        MifgError: If there is no such dataset or split, a column is missing, or no row is left.
    """
    import datasets

    files = sorted((path / "data").glob(f"{split}-*.parquet"))
    if not files:
        found = sorted({file.name.partition("-")[0] for file in (path / "data").glob("*.parquet")})
        what = f"it has {', '.join(found)}" if found else "it is no exported dataset"
        raise MifgError(f"There is no split {split!r} in {path}: {what}.", _REMEDY)
    _check_columns(files)
    with no_progress_bars():
        rows = datasets.load_dataset("parquet", data_files={split: list(map(str, files))}, split=split)
        return Questions(rows.cast_column("images", datasets.List(datasets.Image(decode=False))))


def _check_columns(files: Sequence[Path]) -> None:
    """Looks at columns and rows first: what ``datasets`` says of a file that lacks them helps nobody."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    for file in files:
        try:
            metadata = pq.read_metadata(file)
        except pa.ArrowInvalid as error:
            raise MifgError(f"{file} is no Parquet file: {error}.", _REMEDY) from error
        missing = [name for name in REQUIRED_COLUMNS if name not in metadata.schema.to_arrow_schema().names]
        if missing:
            raise MifgError(f"{file} lacks the columns {', '.join(missing)}.", _REMEDY)
        rows += metadata.num_rows
    if rows == 0:
        raise MifgError(f"{files[0].parent.parent} has no rows in {files[0].name}.", _REMEDY)


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Keeps the bars of ``datasets`` off a terminal that shows the training's own."""
    import datasets

    if datasets.are_progress_bars_disabled():
        yield
        return
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.enable_progress_bars()


def _key_and_evidence(row: Mapping[str, Any]) -> tuple[Answer, tuple[Region, ...]]:
    """What is to be checked of a row beside its images.

    Raises:
        MifgError: If it is not what an export writes.
    """
    try:
        return answer_of(row), tuple(Region(**region) for region in row.get("evidence") or ())
    except ValidationError as error:
        reason = validation_problems(error)
    except KeyError as error:
        reason = f"its answer is {error}, not yes or no"
    except ValueError as error:
        reason = str(error)
    raise MifgError(f"Question {row['id']} cannot be read: {reason}.", _MEND)


def answer_of(row: Mapping[str, Any]) -> Answer:
    """The key of a row.

    Raises:
        KeyError: If a yes-or-no key is neither.
        ValueError: If the key does not fit its kind.
    """
    tolerance = row.get("tolerance")
    return Answer(
        kind=row["answer_kind"],
        value=_value(row["answer"], row["answer_kind"]),
        aliases=tuple(row.get("aliases") or ()),
        tolerance=Tolerance(**tolerance) if tolerance else None,
        unit=row.get("unit"),
        ordered=row.get("ordered") is not False,
    )


def _value(text: str, kind: str) -> bool | int | float | str | tuple[str, ...]:
    """The key in its type; the column holds it as a right reply says it."""
    match kind:
        case "boolean":
            return {"yes": True, "no": False}[text]
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "list":
            return tuple(text.split(", "))
        case _:
            return text
