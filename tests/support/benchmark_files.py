"""Writes small files in the layouts in which benchmarks are published."""

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""How Hugging Face's ``Image`` feature is stored."""


def png(shade: int) -> bytes:
    """A grey image whose shade tells it from others."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(file, "png")
    return file.getvalue()


def cell(shade: int) -> dict[str, Any]:
    """A cell of an image column."""
    return {"bytes": png(shade), "path": f"{shade}.png"}


def write_vstar_lines(folder: Path) -> None:
    """``test_questions.jsonl`` beside the images: an attribute with four options, a position with two."""
    rows = [
        {
            "question_id": 0,
            "image": "direct_attributes/sa_1.jpg",
            "text": "What is the material of the glove?\n(A) rubber\n(B) cotton\n(C) kevlar\n(D) leather\n"
            "Answer with the option's letter from the given choices directly.",
            "category": "direct_attributes",
            "label": "B",
        },
        {
            "question_id": 1,
            "image": "relative_position/sa_2.jpg",
            "text": "Is the dog on the left or right side of the cart?\n(A) The dog is on the left side.\n"
            "(B) The dog is on the right side.\nAnswer with the option's letter from the given choices directly.",
            "category": "relative_position",
            "label": "A",
        },
    ]
    for shade, row in enumerate(rows):
        write_image(folder / str(row["image"]), shade)
    (folder / "test_questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_vstar_annotations(folder: Path) -> None:
    """Annotations beside the images; the right option comes first in each."""
    for shade, name in enumerate(("sa_1", "sa_2", "sa_3")):
        annotation = {
            "target_object": ["glove"],
            "bbox": [[1, 2, 3, 4]],
            "question": "What is the material of the glove?",
            "options": ["leather", "cotton", "rubber", "kevlar"],
        }
        write_image(folder / "direct_attributes" / f"{name}.jpg", shade)
        (folder / "direct_attributes" / f"{name}.json").write_text(json.dumps(annotation))


def hrbench_rows() -> list[dict[str, Any]]:
    """Two questions, single and cross, each with its options in four orders."""
    rows = []
    for order in range(4):
        for question, category in enumerate(("single", "cross")):
            options = [f"thing {question}{(place - order) % 4}" for place in range(4)]
            # "thing q0" is right; it stands at the place that the order moved it to.
            rows.append(
                {
                    "index": len(rows),
                    "question": f'What is "written" in line\n{question}?',
                    "answer": "ABCD"[order],
                    "category": category,
                    **dict(zip("ABCD", options, strict=True)),
                    "cycle_category": f"cycle_{order}",
                    "image": base64.b64encode(png(question)).decode(),
                }
            )
    return rows


def write_tsv(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table with tabs, cells quoted where they need it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_muirbench(folder: Path, **changes: Any) -> None:
    """Twins: a question that can be answered, and one that cannot.

    Args:
        folder: Made here.
        changes: Columns of the first row to set otherwise.
    """
    options = ["<image>", "<image>", "None of the choices provided"]
    shared = {"task": "Visual Retrieval", "image_relation": "Partial Similarity", "image_type": "photography"}
    rows = [
        {
            "idx": "7",
            **shared,
            "question": "Which image shows the building of <image>?",
            "options": options,
            "answer": "B",
            "image_list": [cell(1), cell(2), cell(3)],
            "counterpart_idx": "8",
            **changes,
        },
        {
            "idx": "8",
            **shared,
            "question": "Which image shows the building of <image>?",
            "options": options,
            "answer": "C",
            "image_list": [cell(1), cell(2), cell(4)],
            "counterpart_idx": "7",
        },
    ]
    schema = pa.schema(
        [(name, pa.string()) for name in ("idx", "task", "image_relation", "image_type", "question")]
        + [("options", pa.list_(pa.string())), ("answer", pa.string()), ("image_list", pa.list_(IMAGE))]
        + [("counterpart_idx", pa.string())]
    )
    write_parquet(folder / "data" / "test-00000-of-00001.parquet", rows, schema)


def write_blink(folder: Path) -> None:
    """Two tasks, of three questions and of one."""
    schema = pa.schema(
        [("idx", pa.string()), ("question", pa.string()), ("sub_task", pa.string())]
        + [(f"image_{number}", IMAGE) for number in range(1, 5)]
        + [("choices", pa.list_(pa.string())), ("answer", pa.string()), ("prompt", pa.string())]
    )
    for task, count in (("Counting", 3), ("Art_Style", 1)):
        rows = [
            {
                "idx": f"val_{task}_{number}",
                "question": "How many?",
                "sub_task": task,
                "image_1": cell(number),
                "image_2": cell(10 + number) if task == "Art_Style" else None,
                "image_3": None,
                "image_4": None,
                "choices": ["0", "3", "2", "1"],
                "answer": "(C)",
                "prompt": "How many blue floats?\nSelect from the following choices.\n(A) 0\n(B) 3\n(C) 2\n(D) 1",
            }
            for number in range(1, count + 1)
        ]
        write_parquet(folder / task / "val-00000-of-00001.parquet", rows, schema)


def mmiu_rows(images: int = 2) -> list[dict[str, Any]]:
    """A question with four options, one with twelve, and one without a key."""
    shared = {"visual_input_component": "natural image", "source": "blink"}
    letters = "ABCDEFGHIJKL"
    return [
        {
            "task": "forensic_detection_blink",
            **shared,
            "options": "A: the first image\nB: the second image\nC: the third image\nD: the fourth image",
            "question": "Which image is most likely to be a real photograph?",
            "context": "You are a judge. Select from the following choices.\nA: the first image\nB: the second image\n",
            "input_image_path": [f"./Low-level/forensic_{number}.jpg" for number in range(images)],
            "output": "B",
        },
        {
            "task": "jigsaw",
            **shared,
            "options": "\n".join(f"{letter}: order {letter.lower()}" for letter in letters),
            "question": "Which order is right?",
            "context": "",
            "input_image_path": ["./Low-level/forensic_0.jpg"],
            "output": "L",
        },
        {
            "task": "jigsaw",
            **shared,
            "options": "A: yes\nB: no",
            "question": "Is it?",
            "context": "",
            "input_image_path": ["./Low-level/forensic_0.jpg"],
            "output": None,
        },
    ]


def write_mmiu(folder: Path) -> None:
    """``all.parquet`` beside the unpacked images."""
    for number in range(2):
        write_image(folder / "Low-level" / f"forensic_{number}.jpg", number)
    text = pa.string()
    schema = pa.schema(
        [(name, text) for name in ("task", "visual_input_component", "source", "options", "question", "context")]
        + [("input_image_path", pa.list_(text)), ("output", text)]
    )
    write_parquet(folder / "all.parquet", mmiu_rows(), schema)


def mme_realworld_rows() -> list[dict[str, Any]]:
    """Two questions of perception in different domains, and one of reasoning."""
    choices = ["(A) 458", "(B) 457", "(C) 456", "(D) 455", "(E) The image does not feature the data."]
    places = (
        ("Perception", "Monitoring", "vehicle/color attribute"),
        ("Perception", "Remote Sensing", "count"),
        ("Reasoning", "Monitoring", "intention"),
    )
    return [
        {
            "Question_id": f"{task}/{domain}/{number:04}",
            "Image": f"{domain}/{number}.jpg",
            "Text": "What is the figure?",
            "Question Type": "Multiple Choice",
            "Answer choices": choices,
            "Ground truth": "C",
            "Task": task,
            "Subtask": domain,
            "Category": category,
        }
        for number, (task, domain, category) in enumerate(places)
    ]


def write_mme_realworld(folder: Path) -> None:
    """``MME_RealWorld.json`` beside the images."""
    rows = mme_realworld_rows()
    for shade, row in enumerate(rows):
        write_image(folder / row["Image"], shade)
    (folder / "MME_RealWorld.json").write_text(json.dumps(rows))


def write_mme_realworld_tsv(file: Path) -> None:
    """The same questions with their images in base64, as the smaller set comes."""
    rows = [
        {
            "index": row["Question_id"],
            "image": base64.b64encode(png(shade)).decode(),
            "question": row["Text"],
            "multi-choice options": str(row["Answer choices"]),
            "answer": row["Ground truth"],
            "category": f"{row['Task']}/{row['Subtask']}",
            "l2-category": row["Category"],
        }
        for shade, row in enumerate(mme_realworld_rows())
    ]
    write_tsv(file, rows)


def write_image(file: Path, shade: int) -> None:
    """An image file, with its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(png(shade))


def write_parquet(file: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    """A Parquet file with two rows a group, as large files have several groups."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema), file, row_group_size=2)
