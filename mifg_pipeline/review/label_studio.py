"""Items as Label Studio tasks and its annotations as review lines: boxes are in percent there, in pixels here."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args

from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import OPTION_LETTERS, Answer, Item, Region
from mifg_pipeline.review.lines import Refusal
from mifg_pipeline.review.records import ReviewLine
from mifg_pipeline.store.review_records import Decision, Edits, Reason, ReviewEvent, validation_problems

_DECISIONS: Final = ("accept", "reject", "edit", "skip", "flag")
# Names of controls differ from those of the task's data: Label Studio's converter puts both into one table.
_NOTES: Final = {
    "new_question": "The question, if edited",
    "new_options": "All options, if edited, one a line",
    "new_answer": "The answer, if edited",
    "comment": "Comment",
    "reviewer": "Your name",
}


def labeling_config() -> str:
    """The labeling configuration of a project that such tasks are imported into."""
    notes = "".join(
        f'  <TextArea name="{name}" toName="images" maxSubmissions="1" placeholder="{hint}"/>\n'
        for name, hint in _NOTES.items()
    )
    return f"""<View>
  <Header value="$question"/>
  <Text name="options" value="$options"/>
  <Text name="proposed" value="$answer"/>
  <Image name="images" valueList="$images"/>
  <RectangleLabels name="evidence" toName="images"><Label value="evidence"/></RectangleLabels>
  <Choices name="decision" toName="images" choice="single" required="true">{_choice_tags(_DECISIONS)}</Choices>
  <Choices name="reasons" toName="images" choice="multiple">{_choice_tags(get_args(Reason))}</Choices>
{notes}</View>
"""


def task_of(item: Item, image_urls: Iterable[str], events: Iterable[ReviewEvent]) -> dict[str, Any]:
    """A task: the item's evidence as a prediction, and what people decided as annotations.

    Args:
        item: The item.
        image_urls: Where Label Studio finds its images, in order.
        events: Those that count on the item.
    """
    return {
        "data": {
            "item_id": item.id,
            "item_digest": item.digest,
            "question": item.question,
            "options": " / ".join(item.options or ()),
            "answer": item.answer_text(),
            "images": list(image_urls),
        },
        "predictions": [{"model_version": item.provenance.writer, "result": _boxes(item, item.evidence)}],
        "annotations": [_annotation(item, event) for event in events],
    }


def review_lines(tasks: Iterable[Mapping[str, Any]], items: Mapping[str, Item]) -> Iterator[ReviewLine | Refusal]:
    """The review lines that annotations of exported tasks make, or why one makes none.

    Args:
        tasks: As Label Studio exports them (JSON), numbered from 1 in what is refused.
        items: The candidates of the run by id.
    """
    for number, task in enumerate(tasks, start=1):
        try:
            item = _item_of(task, items)
            for annotation in task.get("annotations", ()):
                yield _review_line(item, str(task["data"]["item_digest"]), annotation)
        except ValidationError as error:
            yield Refusal(number, f"The annotation does not fit: {validation_problems(error)}.")
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            yield Refusal(number, f"The task is not one of Label Studio's: {type(error).__name__} {error}.")
        except (MifgError, ValueError) as error:
            yield Refusal(number, str(error))


def _choice_tags(values: Iterable[str]) -> str:
    return "".join(f'<Choice value="{value}"/>' for value in values)


def percent_box(region: Region, width: int, height: int) -> dict[str, float]:
    """Left, top, width and height of a region in percent of its image, whose size is in pixels."""
    x0, y0, x1, y1 = region.bbox
    across, down = 100 / width, 100 / height
    return {"x": x0 * across, "y": y0 * down, "width": (x1 - x0) * across, "height": (y1 - y0) * down}


def pixel_box(value: Mapping[str, float], width: int, height: int) -> tuple[int, int, int, int]:
    """The box in pixels that is nearest to one in percent, no larger than its image."""
    x0, y0 = value["x"] * width / 100, value["y"] * height / 100
    x1, y1 = x0 + value["width"] * width / 100, y0 + value["height"] * height / 100
    return max(0, round(x0)), max(0, round(y0)), min(width, round(x1)), min(height, round(y1))


def _boxes(item: Item, evidence: Iterable[Region]) -> list[dict[str, Any]]:
    results = []
    for number, region in enumerate(evidence):
        image = item.images[region.image]
        results.append(
            {
                "id": f"evidence-{number}",
                "from_name": "evidence",
                "to_name": "images",
                "type": "rectanglelabels",
                "item_index": region.image,
                "original_width": image.width,
                "original_height": image.height,
                "image_rotation": 0,
                "value": {
                    **percent_box(region, image.width, image.height),
                    "rotation": 0,
                    "rectanglelabels": ["evidence"],
                },
                "meta": {"text": [region.label] if region.label else []},
            }
        )
    return results


def _annotation(item: Item, event: ReviewEvent) -> dict[str, Any]:
    edits = event.edits
    notes = {
        "new_question": edits.question,
        "new_options": None if edits.options is None else "\n".join(edits.options),
        "new_answer": None if edits.answer is None else _answer_note(item, edits.answer),
        "comment": event.comment,
        "reviewer": event.annotator,
    }
    return {
        "was_cancelled": event.decision == "skip",
        "lead_time": event.seconds,
        "created_at": event.time.isoformat(),
        "result": [
            *_boxes(item, item.evidence if edits.evidence is None else edits.evidence),
            _choices("decision", [event.decision]),
            *([_choices("reasons", list(event.reasons))] if event.reasons else []),
            *(_note(name, text) for name, text in notes.items() if text),
        ],
    }


def _answer_note(item: Item, answer: Answer) -> str:
    """The answer as a person would write it, if that says all of it; else as JSON."""
    text = _text_of(answer)
    return text if answer.kind == item.answer.kind and _answer(item, text) == answer else answer.model_dump_json()


def _text_of(answer: Answer) -> str:
    value = answer.value
    if isinstance(value, tuple):
        return ", ".join(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _choices(name: str, chosen: list[str]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "images", "type": "choices", "value": {"choices": chosen}}


def _note(name: str, text: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "images", "type": "textarea", "value": {"text": [text]}}


def _item_of(task: Mapping[str, Any], items: Mapping[str, Item]) -> Item:
    item_id = str(task["data"]["item_id"])
    if item_id not in items:
        raise MifgError(f"The run has no item {item_id[:80]!r}.", "Import what was exported from this run.")
    return items[item_id]


def _review_line(item: Item, digest: str, annotation: Mapping[str, Any]) -> ReviewLine:
    said: dict[str, list[str]] = {}
    for result in annotation["result"]:
        if result["type"] in ("choices", "textarea"):
            said[result["from_name"]] = result["value"]["choices" if result["type"] == "choices" else "text"]
    edits = _edits(item, annotation["result"], said)
    decision = "skip" if annotation.get("was_cancelled") else _decision(said)
    if decision == "accept" and edits != Edits():
        raise MifgError(f"Item {item.id} is accepted but was changed.", "Choose edit, or take the changes back.")
    empty = ReviewLine.of(item, _annotator(annotation, said), tuple(image.path for image in item.images))
    filled_in = {
        "digest": digest,
        "decision": decision,
        "reasons": tuple(said.get("reasons", ())),
        "edits": edits if decision == "edit" else Edits(),
        "comment": "\n".join(said.get("comment", ())),
        "seconds": annotation.get("lead_time"),
    }
    return ReviewLine.model_validate({**dict(empty), **filled_in})


def _decision(said: Mapping[str, list[str]]) -> str:
    chosen = said.get("decision", [])
    if len(chosen) != 1 or chosen[0] not in get_args(Decision):
        raise MifgError("The annotation has no decision.", "Choose one in Label Studio.")
    return chosen[0]


def _edits(item: Item, results: Iterable[Mapping[str, Any]], said: Mapping[str, list[str]]) -> Edits:
    """What the annotator changed; an annotation without boxes leaves the evidence as it is."""
    boxes = tuple(_region(item, result) for result in results if result["type"] == "rectanglelabels")
    question = said.get("new_question", [item.question])[0]
    options = tuple(said["new_options"][0].splitlines()) if "new_options" in said else item.options
    answer = _answer(item, said["new_answer"][0]) if "new_answer" in said else item.answer
    return Edits(
        question=question if question != item.question else None,
        options=options if options != item.options else None,
        answer=answer if answer != item.answer else None,
        evidence=boxes if boxes and boxes != item.evidence else None,
    )


def _region(item: Item, result: Mapping[str, Any]) -> Region:
    index = int(result.get("item_index", 0))
    if not 0 <= index < len(item.images):
        raise MifgError(f"Item {item.id} has no image {index + 1}.", "Draw the box on one of its images.")
    image = item.images[index]
    label = " ".join(result.get("meta", {}).get("text", ()))
    return Region(image=index, bbox=pixel_box(result["value"], image.width, image.height), label=label)


def _answer(item: Item, text: str) -> Answer:
    """The answer that somebody wrote: JSON, or else the item's with another value of the same kind."""
    if text.lstrip().startswith("{"):
        return Answer.model_validate_json(text)
    value: object = text
    match item.answer.kind:
        case "choice":
            options = item.options or ()
            value = OPTION_LETTERS[options.index(text)] if text in options else text
        case "integer":
            value = int(text)
        case "number":
            value = float(text)
        case "boolean":
            value = {"yes": True, "no": False}.get(text.strip().lower(), text)
        case "list":
            value = tuple(part.strip() for part in text.split(","))
    if value == item.answer.value:
        return item.answer
    return Answer.model_validate({**dict(item.answer), "value": value, "aliases": ()})


def _annotator(annotation: Mapping[str, Any], said: Mapping[str, list[str]]) -> str:
    """The name that the annotator gave, or else that of the account."""
    if "reviewer" in said:
        return said["reviewer"][0]
    account = annotation.get("completed_by", "")
    if isinstance(account, dict):
        account = str(account.get("email") or account.get("id")).partition("@")[0]
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"user-{account}" if isinstance(account, int) else str(account))
