"""An independent check of keys: it answers items from their English, from annotations and from pixels.

It shares no code with programs, witnesses or the scorer: annotations are read with ``json`` from ``metadata.jsonl``,
pixels with pillow, OpenCV and scipy, and the question by its words.
"""

from pathlib import Path

from annotation_keys import AnnotationKeys
from pixel_keys import PixelKeys


class KeyCheck:
    """Answers items of one corpus and run.

    Args:
        corpus: Folder with the images and their ``metadata.jsonl`` files.
        run: Run folder with the derived images.
    """

    def __init__(self, corpus: Path, run: Path) -> None:
        self._answerers = (AnnotationKeys(corpus), PixelKeys(corpus, run))

    @staticmethod
    def knows(writer: str) -> bool:
        """Whether items of that question form (``family/form``) can be answered."""
        return any(hasattr(answerer, _method_name(writer)) for answerer in (AnnotationKeys, PixelKeys))

    def answer(self, item: dict) -> str:
        """The answer of an item (a line of candidates.jsonl as a dict), in words."""
        name = _method_name(item["provenance"]["writer"])
        (method,) = [getattr(answerer, name) for answerer in self._answerers if hasattr(answerer, name)]
        return method(item)

    def agrees(self, item: dict) -> bool:
        """Whether the key of the item is the answer."""
        value = item["answer"]["value"]
        if item["options"] is not None:
            value = item["options"]["ABCDEFGHIJ".index(value)]
        key = ", ".join(value) if isinstance(value, list) else str(value)
        answer = self.answer(item)
        if item["answer"]["kind"] == "list" and not item["answer"]["ordered"]:
            return sorted(key.split(", ")) == sorted(answer.split(", "))
        return key == answer


def _method_name(writer: str) -> str:
    return writer.replace("/", "_").replace("-", "_")
