"""A byte-level tokenizer as both model families have it, and a chat format by it, without torch and transformers."""

import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from mifg_pipeline.engines.view import View

IMAGE, TURN_END = "<|image_pad|>", "<|im_end|>"
ADDED = ["<|endoftext|>", "<|im_start|>", TURN_END, "<|vision_start|>", "<|vision_end|>", IMAGE]
TAGS = ["<tool_call>", "</tool_call>", '{"name": "visual_', "straße"]
"""Texts that are one token, whatever bytes they are of."""

TRAINING_TEXT = """You answer a question about several images. Question: How many are there? Answer with the letter of
one option. <think>I look again at image 1, the small sign on the left is not legible.</think> <answer>A</answer>
"arguments": {"image": 1, "bbox_2d": [120, 340, 560, 780]}} visual_confirmation visual_reflection
The part of Image 2, enlarged: Error: what stands in tool_call is not JSON. the an and of in to is are with"""


def byte_tokenizer() -> Tokenizer:
    """A small vocabulary in which any text can be written, rare characters in several tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=sorted(alphabet), show_progress=False)
    tokenizer.train_from_iterator([TRAINING_TEXT] * 4, trainer)
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in ADDED])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in TAGS])
    return tokenizer


def write_tokenizer(folder: Path) -> None:
    """Writes ``tokenizer.json`` as a checkpoint has it."""
    folder.mkdir(parents=True)
    byte_tokenizer().save(str(folder / "tokenizer.json"))


def tokenizer_content() -> dict:
    """What ``tokenizer.json`` holds."""
    return json.loads(byte_tokenizer().to_str())


class ByteChatFormat:
    """ChatML around texts and images: of ``ChatFormat`` what ``rollout`` needs."""

    token_side = 28
    default_coordinates = "thousandths"

    def __init__(self) -> None:
        self.tokenizer = byte_tokenizer()
        self.image_token_id = self.tokenizer.token_to_id(IMAGE)
        self.end_of_turn_id = self.tokenizer.token_to_id(TURN_END)

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, system: str, parts: Sequence[str | View]) -> tuple[int, ...]:
        head = f"<|im_start|>system\n{system}{TURN_END}\n<|im_start|>user\n"
        return (*self.encode(head), *self._written(parts), *self.encode(f"{TURN_END}\n<|im_start|>assistant\n"))

    def observation(self, parts: Sequence[str | View]) -> tuple[int, ...]:
        head, tail = "\n<|im_start|>user\n<tool_response>\n", f"\n</tool_response>{TURN_END}\n<|im_start|>assistant\n"
        return (*self.encode(head), *self._written(parts), *self.encode(tail))

    def decode(self, token_ids: Sequence[int]) -> str:
        text = self.tokenizer.decode(list(token_ids), skip_special_tokens=False)
        return text.removesuffix(TURN_END)

    def tokens_of(self, view: View) -> int:
        return view.height // self.token_side * (view.width // self.token_side)

    def _written(self, parts: Sequence[str | View]) -> list[int]:
        shown = f"<|vision_start|>{IMAGE}<|vision_end|>"
        return [token for part in parts for token in self.encode(shown if isinstance(part, View) else part)]
