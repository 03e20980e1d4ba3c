"""Files that go to Label Studio and come back."""

import json
from pathlib import Path

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.label_studio import labeling_config, review_lines, task_of
from mifg_pipeline.review.lines import Refusal
from mifg_pipeline.review.pack import image_paths
from mifg_pipeline.store.decisions import counting_events
from mifg_pipeline.store.events import event_logs
from mifg_pipeline.store.files import replaced_file
from mifg_pipeline.store.run_folder import RunFolder


def export_tasks(run: RunFolder, out: Path, prefix: str, moved_corpus: Path | None = None) -> int:
    """Writes all candidates as tasks, and the labeling configuration beside them.

    Args:
        run: The run.
        out: The JSON file.
        prefix: What stands before the paths of images, which are relative to ``out``.
        moved_corpus: Where the corpus is now, if not where the run says.

    Returns:
        How many tasks were written.

    Raises:
        MifgError: If the run, its corpus or an image is missing, or a file cannot be written.
    """
    images = RunImages.open(run, moved_corpus)
    events = [event for log in event_logs(run) for event in log.read().events]
    tasks = [
        task_of(item, (f"{prefix}{path}" for path in image_paths(item, images, out)), counting.values())
        for item, counting in counting_events(run.candidates(), events)
    ]
    with replaced_file(out) as file:
        json.dump(tasks, file, ensure_ascii=False, indent=1)
    with replaced_file(out.with_suffix(".xml")) as file:
        file.write(labeling_config())
    return len(tasks)


def import_annotations(run: RunFolder, path: Path, out: Path) -> tuple[int, list[Refusal]]:
    """Writes the annotations of exported tasks as a review file.

    Returns:
        How many lines were written, and of which tasks nothing was.

    Raises:
        MifgError: If a file cannot be read or written, or is no export of tasks.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MifgError(f"Cannot read {path}: {error.strerror}.", "Name a file that Label Studio exported.") from error
    except ValueError as error:
        raise MifgError(f"{path} is not JSON: {error}.", "Export the project as JSON.") from error
    if not isinstance(tasks, list):
        raise MifgError(f"{path} holds no list of tasks.", "Export the project as JSON.")
    if out.resolve().parent == run.review.resolve():
        raise MifgError(f"{out} lies among the event logs of the run.", "Write the review file elsewhere: --out FILE.")
    found = list(review_lines(tasks, {item.id: item for item in run.candidates()}))
    refused = [line for line in found if isinstance(line, Refusal)]
    with replaced_file(out) as file:
        file.writelines(f"{line.model_dump_json()}\n" for line in found if not isinstance(line, Refusal))
    return len(found) - len(refused), refused
