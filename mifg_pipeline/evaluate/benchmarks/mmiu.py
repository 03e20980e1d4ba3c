"""MMIU: 52 tasks over several images, with up to fourteen options (arXiv 2408.02718)."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any, Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy_by_subset, mean_of
from mifg_pipeline.evaluate.benchmarks.files import find_files, images_of, load_questions, require_files
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout, check_row
from mifg_pipeline.evaluate.benchmarks.options import choice
from mifg_pipeline.evaluate.benchmarks.tables import read_rows
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure
from mifg_pipeline.items import OPTION_LETTERS, Answer

_COLUMNS: Final[Layout] = {
    "task": Kind.TEXT,
    "visual_input_component": Kind.ANY,
    "source": Kind.ANY,
    "options": Kind.TEXT,
    "question": Kind.TEXT,
    "context": Kind.TEXT_OR_NOTHING,
    "input_image_path": Kind.TEXTS,
    "output": Kind.TEXT_OR_NOTHING,
}
_LABEL = re.compile(r"(?:^|\s)([A-Z]):\s*")
# What the context repeats after this are the options.
_OPTIONS = re.compile(r"\s*Select from the following (?:choices|options)\b.*", re.DOTALL)


def read_items(path: Path) -> list[BenchmarkItem]:
    """The items of the Parquet or JSON files of a folder, which holds the unpacked images as well.

    Questions whose ``output`` is empty have no key; they are left out, as in the published evaluation, with a warning.

    Raises:
        MifgError: If a file has another layout, or images are missing.
    """
    files = find_files(path, ("*.parquet", "**/*.parquet", "*.json"))
    folder = path if path.is_dir() else path.parent
    seen: Counter[str] = Counter()
    items: list[BenchmarkItem] = []
    paths: list[Path] = []
    keyless = 0
    for place, fields in _rows(files):
        seen[fields["task"]] += 1
        if not fields["output"]:
            keyless += 1
            continue
        images = [folder / name for name in fields["input_image_path"]]
        paths += images
        items.append(_item(f"{fields['task']}/{seen[fields['task']]}", fields, images, place))
    require_files(paths)
    if keyless:
        warnings.warn(f"{keyless} questions of {path} have no key and are left out.", stacklevel=2)
    return items


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """Accuracy of each task, and the mean of the tasks' accuracies."""
    tasks = accuracy_by_subset(judged)
    return (*tasks, mean_of("overall", tasks))


def _rows(files: Sequence[Path]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in files:
        if file.suffix == ".parquet":
            yield from ((row.place, row.fields) for row in read_rows([file], _COLUMNS, ()))
            continue
        for number, row in enumerate(load_questions(file), start=1):
            check_row(f"{file}, question {number}", _COLUMNS, row)
            yield f"{file}, question {number}", row


def _item(key: str, fields: Mapping[str, Any], images: Sequence[Path], place: str) -> BenchmarkItem:
    text = f"{fields['question']}\n{_OPTIONS.sub('', fields['context'] or '')}".strip()
    texts = _split_options(fields["options"])
    options: tuple[str, ...] | None
    if len(texts) <= len(OPTION_LETTERS):
        options, answer = choice(texts, fields["output"], place)
    else:
        text, options, answer = (
            f"{text}\n{fields['options'].strip()}",
            None,
            _beyond_letters(texts, fields["output"], place),
        )
    return BenchmarkItem(
        key=key,
        group=key,
        subset=fields["task"],
        text=text,
        options=options,
        answer=answer,
        facets={"images": str(len(images)), "visual_input": str(fields["visual_input_component"])},
        read_images=images_of(images),
    )


def _split_options(text: str) -> list[str]:
    """The texts of options that are written "A: …", "B: …" in one string, on lines of their own or not."""
    labels: list[re.Match[str]] = []
    for match in _LABEL.finditer(text):
        if ord(match[1]) - ord("A") == len(labels):
            labels.append(match)
    ends = [match.start() for match in labels[1:]] + [len(text)]
    return [text[label.end() : end].strip() for label, end in zip(labels, ends, strict=True)]


def _beyond_letters(texts: Sequence[str], output: str, place: str) -> Answer:
    """The key of a question with more options than there are letters for: its letter or its text, as words."""
    letter = output.strip()
    if letter not in ascii_uppercase[: len(texts)]:
        raise MifgError(f"{place}: the key {output!r} is none of its {len(texts)} options.", "Download it again.")
    text = texts[ascii_uppercase.index(letter)]
    return Answer(kind="text", value=letter, aliases=(text, f"{letter}: {text}"))
