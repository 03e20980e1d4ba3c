"""What Label Studio's own package makes of exported tasks; runs in an environment that holds it, and not ours.

``python label_studio_converter.py TASKS CONFIG FOLDER`` prints JSON: what its validation finds wrong with tasks,
predictions and annotations, what its converter writes as JSON_MIN, and the boxes in pixels that its COCO writer gives
for each image.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface


def main(tasks_path: Path, config_path: Path, folder: Path) -> None:
    """Prints all findings."""
    config = config_path.read_text(encoding="utf-8")
    tasks = imported(json.loads(tasks_path.read_text(encoding="utf-8")))
    kept = folder / "kept.json"
    kept.write_text(json.dumps(tasks), encoding="utf-8")
    Converter(config, project_dir=str(folder)).convert(str(kept), str(folder / "min"), "JSON_MIN", is_dir=False)
    found = {
        "problems": list(problems(LabelInterface(config), tasks)),
        "min": json.loads((folder / "min" / "result.json").read_text(encoding="utf-8")),
        "boxes": coco_boxes(tasks, config, folder),
    }
    sys.stdout.write(json.dumps(found))


def imported(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks as Label Studio keeps them: it numbers tasks and annotations when it imports them."""
    return [
        {**task, "id": number, "annotations": [{**a, "id": k} for k, a in enumerate(task["annotations"], start=1)]}
        for number, task in enumerate(tasks, start=1)
    ]


def problems(interface: LabelInterface, tasks: list[dict[str, Any]]) -> Iterator[str]:
    """What the validation of the package finds wrong."""
    for task in tasks:
        if not interface.validate_task({"data": task["data"]}):
            yield f"task {task['id']}"
        for results in (*task["predictions"], *task["annotations"]):  # both are validated alike
            yield from interface.validate_prediction(results, return_errors=True)


def coco_boxes(tasks: list[dict[str, Any]], config: str, folder: Path) -> list[list[float]]:
    """Left, top, width and height in pixels of all annotated boxes; the COCO writer takes one image per task."""
    single = config.replace('valueList="$images"', 'value="$image"')
    split = [
        {
            "id": f"{task['id']}-{index}",
            "data": {**task["data"], "image": image},
            "annotations": [
                {"id": annotation["id"], "result": [r for r in annotation["result"] if r.get("item_index") == index]}
                for annotation in task["annotations"]
            ],
        }
        for task in tasks
        for index, image in enumerate(task["data"]["images"])
    ]
    path = folder / "split.json"
    path.write_text(json.dumps(split), encoding="utf-8")
    Converter(single, project_dir=str(folder)).convert(str(path), str(folder / "coco"), "COCO", is_dir=False)
    coco = json.loads((folder / "coco" / "result.json").read_text(encoding="utf-8"))
    return [annotation["bbox"] for annotation in coco["annotations"]]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
