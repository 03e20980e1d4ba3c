"""A checkpoint's own way to write a conversation: texts and images in, token ids out, by its own chat template."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

from jinja2 import TemplateError
from transformers import AutoConfig, AutoTokenizer, Qwen2VLImageProcessorPil

from mifg_pipeline.config import Coordinates
from mifg_pipeline.engines.view import View
from mifg_pipeline.errors import MifgError

COORDINATES: dict[str, Coordinates] = {"qwen2_5_vl": "pixels", "qwen3_vl": "thousandths"}
"""How each family was trained to speak of places."""

VISION_TOKENS = ("<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>")
"""What may stand in a conversation only where an image does."""

_TEXT, _TURN = "TEXTGOESHERE", "TURNGOESHERE"
_OBSERVATION_START, _OBSERVATION_END = "<tool_response>\n", "\n</tool_response>"
_GIVE_A_CHECKPOINT = "Give the folder or hub name of a Qwen2.5-VL or Qwen3-VL checkpoint, with all its files."
_Other = TypeVar("_Other")


class ChatFormat:
    """Writes prompts and observations, and reads turns.

    The template is rendered around stand-ins for the texts. What it adds becomes control tokens; the texts never do, so
    that ``<|im_end|>`` or ``<|image_pad|>`` in a question stay the characters that they are. Each run of text between
    control tokens is encoded in one piece, which gives the ids that the template's own rendering would.

    Attributes:
        family: ``model_type`` of the checkpoint, ``qwen2_5_vl`` or ``qwen3_vl``.
        default_coordinates: How the family speaks of places.
        image_processor: The family's, without any need of torchvision.
        token_side: Pixels of a visual token's side.
        image_token_id: Stands for images.
        end_of_turn_id: What the template puts after a turn of the model.
        banned_ids: What must never be sampled, in ascending order.
    """

    def __init__(self, tokenizer: Any, config: Any, image_processor: Any) -> None:
        self._tokenizer = tokenizer
        self._control_ids: dict[str, int] = {
            token.content: token_id for token_id, token in tokenizer.added_tokens_decoder.items() if token.special
        }
        longest_first = sorted(self._control_ids, key=len, reverse=True)
        self._control = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
        self._prompt_template = lru_cache(maxsize=256)(self._render_prompt)
        self._observation_template = lru_cache(maxsize=256)(self._render_observation)
        self.family: str = config.model_type
        self.default_coordinates = COORDINATES[self.family]
        self.image_processor = image_processor
        self.token_side: int = image_processor.patch_size * image_processor.merge_size
        self.image_token_id: int = config.image_token_id
        self.banned_ids = tuple(
            sorted(self._control_ids[token] for token in VISION_TOKENS if token in self._control_ids)
        )
        self._turn_end = self._first_control_token(self._render_after_turn([{"type": "text", "text": _TEXT}]))
        self.end_of_turn_id: int = self._control_ids[self._turn_end]
        for is_image in ((False,), (True, False)):  # a template that shows no images or texts is refused here
            self._prompt_template(is_image)
            self._observation_template((False, *is_image))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Reads tokenizer, chat template and image settings of a checkpoint.

        Args:
            folder: Or name on the hub.

        Raises:
            MifgError: Files are missing, the model is of another family, or its chat template cannot be used.
        """
        try:
            config = AutoConfig.from_pretrained(folder)
            tokenizer = AutoTokenizer.from_pretrained(folder)
            image_processor = Qwen2VLImageProcessorPil.from_pretrained(folder)
        except (OSError, ValueError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise MifgError(f"The checkpoint {folder} cannot be read: {reason}", _GIVE_A_CHECKPOINT) from error
        if config.model_type not in COORDINATES:
            raise MifgError(f"The checkpoint {folder} is a {config.model_type} model.", _GIVE_A_CHECKPOINT)
        return cls(tokenizer, config, image_processor)

    def prompt(self, system: str, parts: Sequence[str | View]) -> tuple[int, ...]:
        """Writes a conversation up to where the model's first turn begins, with one image token per view."""
        parts = _join_texts(parts)
        template = self._prompt_template(tuple(isinstance(part, View) for part in parts))
        return self._encode(template, [system, *(part for part in parts if isinstance(part, str))])

    def observation(self, parts: Sequence[str | View]) -> tuple[int, ...]:
        """Writes what stands between a turn's end token and the model's next turn, with one image token per view.

        It is the rest of the template after the turn, a message of the user in ``<tool_response>`` tags, and the
        beginning of the next turn.
        """
        parts = _join_texts([_OBSERVATION_START, *parts, _OBSERVATION_END])
        template = self._observation_template(tuple(isinstance(part, View) for part in parts))
        return self._encode(template, [part for part in parts if isinstance(part, str)])

    def encode(self, text: str) -> list[int]:
        """Returns the ids of a text, in which control tokens are mere characters."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return ids

    def decode(self, token_ids: Sequence[int]) -> str:
        """Returns the text of a turn, without its end token."""
        ended = bool(token_ids) and token_ids[-1] == self.end_of_turn_id
        text: str = self._tokenizer.decode(list(token_ids[: len(token_ids) - ended]), skip_special_tokens=False)
        return text

    def grid_of(self, view: View) -> tuple[int, int]:
        """Returns rows and columns of a view's visual tokens.

        Raises:
            ValueError: A side of the view is not a multiple of ``token_side``.
        """
        if view.height % self.token_side or view.width % self.token_side:
            raise ValueError(f"a view of {view.width}x{view.height} pixels is not made of tokens of {self.token_side}")
        return view.height // self.token_side, view.width // self.token_side

    def tokens_of(self, view: View) -> int:
        """Returns how many visual tokens a view has."""
        rows, columns = self.grid_of(view)
        return rows * columns

    def _render_prompt(self, is_image: tuple[bool, ...]) -> tuple[str, ...]:
        """Returns what the template puts before, between and after the texts of a prompt."""
        messages = [
            {"role": "system", "content": [{"type": "text", "text": _TEXT}]},
            {"role": "user", "content": _stand_ins(is_image)},
        ]
        return self._around_texts(self._render(messages), is_image, texts=1 + is_image.count(False))

    def _render_observation(self, is_image: tuple[bool, ...]) -> tuple[str, ...]:
        """Returns what the template puts before, between and after the texts of an observation."""
        rendered = self._render_after_turn(_stand_ins(is_image)).removeprefix(self._turn_end)
        return self._around_texts(rendered, is_image, texts=is_image.count(False))

    def _render_after_turn(self, content: list[dict[str, str]]) -> str:
        messages = [
            {"role": "user", "content": [{"type": "text", "text": _TEXT}]},
            {"role": "assistant", "content": [{"type": "text", "text": _TURN}]},
            {"role": "user", "content": content},
        ]
        _, turn, after = self._render(messages).partition(_TURN)
        if not turn:
            raise self._unusable("does not show the model's turn")
        return after

    def _render(self, messages: list[dict[str, Any]]) -> str:
        try:
            rendered: str = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        except (TemplateError, ValueError, TypeError) as error:
            raise self._unusable(f"cannot be rendered ({error})") from error
        return rendered

    def _around_texts(self, rendered: str, is_image: tuple[bool, ...], texts: int) -> tuple[str, ...]:
        pieces = tuple(rendered.split(_TEXT))
        if len(pieces) != texts + 1:
            raise self._unusable(f"shows {len(pieces) - 1} of {texts} texts")
        image_token = self._tokenizer.convert_ids_to_tokens(self.image_token_id)
        shown = sum(token == image_token for piece in pieces for token in self._control.split(piece))
        if shown != sum(is_image):
            raise self._unusable(f"shows {shown} of {sum(is_image)} images")
        return pieces

    def _first_control_token(self, rendered: str) -> str:
        control = self._control.match(rendered)
        if control is None:
            raise self._unusable("does not end the model's turn with a special token")
        return control[0]

    def _unusable(self, fault: str) -> MifgError:
        return MifgError(
            f"The chat template of the {self.family} checkpoint {self._tokenizer.name_or_path} {fault}.",
            "Give a checkpoint with the chat template and special tokens that its family was trained with.",
        )

    def _encode(self, template: Sequence[str], texts: Sequence[str]) -> tuple[int, ...]:
        """Encodes the template's pieces with a text between each two of them."""
        tokens: list[int | str] = [*self._control_tokens(template[0])]
        for text, piece in zip(texts, template[1:], strict=True):
            tokens += [text, *self._control_tokens(piece)]
        ids: list[int] = []
        for run in _join_texts(tokens):
            ids += self.encode(run) if isinstance(run, str) else [run]
        return tuple(ids)

    def _control_tokens(self, piece: str) -> Iterator[int | str]:
        """Yields ids of control tokens, and what stands between them as it is."""
        for token in self._control.split(piece):
            if token:
                yield self._control_ids.get(token, token)


def _join_texts(parts: Sequence[str | _Other]) -> list[str | _Other]:
    joined: list[str | _Other] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        else:
            joined.append(part)
    return joined


def _stand_ins(is_image: tuple[bool, ...]) -> list[dict[str, str]]:
    return [{"type": "image"} if image else {"type": "text", "text": _TEXT} for image in is_image]
