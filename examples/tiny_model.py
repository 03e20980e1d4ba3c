"""Writes a tiny Qwen2.5-VL or Qwen3-VL checkpoint with random weights: all that a run on a CPU needs, and no download.

    python examples/tiny_model.py FOLDER [--family qwen3_vl] [--tied] [--seed 1]

It has the files, special tokens and chat template of the real checkpoints, so that it can stand wherever they can. It
has not learned anything: what it writes is noise.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
VISION_START, VISION_END, IMAGE, VIDEO = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"
SPECIAL_TOKENS = [END_OF_TEXT, TURN_START, TURN_END, VISION_START, VISION_END, "<|vision_pad|>", IMAGE, VIDEO]
"""Control tokens of both families."""

WORD_TOKENS = {
    "qwen2_5_vl": ["<tool_call>", "</tool_call>"],
    "qwen3_vl": ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"],
}
"""Tags that the family writes as one token, though they are ordinary text."""

CONTENT = (
    "{%- macro show(content) -%}{%- if content is string -%}{{ content }}{%- else -%}{%- for part in content -%}"
    "{%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>{%- else -%}{{ part.text }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{%- endmacro -%}"
)
GENERATION_PROMPT = "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
CHAT_TEMPLATES = {
    "qwen2_5_vl": CONTENT + "{%- for message in messages -%}"
    "{%- if loop.first and message.role != 'system' -%}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{%- endif -%}"
    "{{ '<|im_start|>' + message.role + '\n' + show(message.content) + '<|im_end|>\n' }}"
    "{%- endfor -%}" + GENERATION_PROMPT,
    "qwen3_vl": CONTENT + "{%- for message in messages -%}"
    "{%- if message.role == 'tool' -%}"
    "{{ '<|im_start|>user\n<tool_response>\n' + show(message.content) + '\n</tool_response><|im_end|>\n' }}"
    "{%- else -%}{{ '<|im_start|>' + message.role + '\n' + show(message.content) + '<|im_end|>\n' }}{%- endif -%}"
    "{%- endfor -%}" + GENERATION_PROMPT,
}
"""As the real ones render system prompts, texts and images; Qwen2.5-VL has no role for tools."""

TRAINING_TEXT = """system user assistant You answer questions about several images, and may look again before you do.
Image 1 2 3 4 Which image shows the red circle? How many blue squares are in image 2? Answer with one of the options.
<tool_call>{"name": "visual_confirmation", "arguments": {"image": 1, "bbox_2d": [10, 20, 300, 400]}}</tool_call>
<tool_call>{"name": "visual_reflection", "arguments": {"image": 2}}</tool_call> <think> </think> <answer> </answer>"""

PATCH = {"qwen2_5_vl": 14, "qwen3_vl": 16}
MERGE = 2
HEAD = 32


def write_tiny_model(
    folder: Path,
    *,
    family: str = "qwen2_5_vl",
    tied: bool = False,
    hidden: int = 64,
    layers: int = 2,
    vision_hidden: int = 64,
    vision_layers: int = 2,
    vocabulary: int | None = None,
    fragments: Sequence[str] = (),
    seed: int = 0,
) -> None:
    """Writes model, tokenizer and image processor into a folder.

    Args:
        folder: Made if it is missing.
        family: ``qwen2_5_vl`` or ``qwen3_vl``.
        tied: Whether the output layer shares the weights of the token embeddings.
        hidden: Width of the language model, a multiple of 32.
        layers: Of the language model.
        vision_hidden: Width of the vision tower, a multiple of 32.
        vision_layers: Of the vision tower, at least 2.
        vocabulary: Rows of the token embeddings; as many as the tokenizer needs where None.
        fragments: Texts that are one token each, wherever they stand.
        seed: Of the weights.
    """
    tokenizer = _tokenizer(family)
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in fragments])
    rows = vocabulary or (len(tokenizer) + 63) // 64 * 64
    sizes = {
        "text_config": _text_config(family, tokenizer, hidden, layers, rows),
        "vision_config": _vision_config(family, vision_hidden, vision_layers, hidden),
    }
    torch.manual_seed(seed)
    model_class, config_class = {
        "qwen2_5_vl": (Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLConfig),
        "qwen3_vl": (Qwen3VLForConditionalGeneration, Qwen3VLConfig),
    }[family]
    config = config_class(**sizes, **_token_ids(tokenizer), tie_word_embeddings=tied)
    model_class(config).float().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(_image_processor(family), indent=2))


def _tokenizer(family: str) -> Qwen2Tokenizer:
    """Makes a byte-level BPE tokenizer with a few merges and the family's added tokens."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    learned.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learned.train_from_iterator([TRAINING_TEXT] * 2, trainers.BpeTrainer(initial_alphabet=alphabet))
    words = json.loads(learned.to_str())["model"]
    tokenizer = Qwen2Tokenizer(
        vocab=words["vocab"],
        merges=[tuple(merge) for merge in words["merges"]],
        eos_token=TURN_END,
        pad_token=END_OF_TEXT,
        chat_template=CHAT_TEMPLATES[family],
    )
    tokenizer.add_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in WORD_TOKENS[family]])
    return tokenizer


def _token_ids(tokenizer: Qwen2Tokenizer) -> dict[str, int]:
    names = {
        "image_token_id": IMAGE,
        "video_token_id": VIDEO,
        "vision_start_token_id": VISION_START,
        "vision_end_token_id": VISION_END,
    }
    return {name: tokenizer.convert_tokens_to_ids(token) for name, token in names.items()}


def _text_config(family: str, tokenizer: Qwen2Tokenizer, hidden: int, layers: int, rows: int) -> dict[str, Any]:
    heads = hidden // HEAD
    # Shares of time, height and width among the rotary frequencies, as in the real models.
    rotary = {
        "qwen2_5_vl": {"mrope_section": [4, 6, 6]},
        "qwen3_vl": {"mrope_section": [6, 5, 5], "mrope_interleaved": True},
    }[family]
    return {
        "vocab_size": rows,
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": max(1, heads // 4),
        "max_position_embeddings": 32_768,
        "initializer_range": 0.5 / hidden**0.5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, **rotary},
        "bos_token_id": None,
        "eos_token_id": tokenizer.convert_tokens_to_ids(TURN_END),
        "pad_token_id": tokenizer.convert_tokens_to_ids(END_OF_TEXT),
        **({"head_dim": HEAD} if family == "qwen3_vl" else {}),
    }


def _vision_config(family: str, width: int, layers: int, hidden: int) -> dict[str, Any]:
    tower = {
        "qwen2_5_vl": {"window_size": 8 * PATCH[family], "fullatt_block_indexes": [layers - 1]},
        "qwen3_vl": {"num_position_embeddings": 256, "deepstack_visual_indexes": [0]},
    }[family]
    return {
        "depth": layers,
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_heads": width // HEAD,
        "out_hidden_size": hidden,
        "patch_size": PATCH[family],
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 2,
        "initializer_range": 0.5 / width**0.5,
        **tower,
    }


def _image_processor(family: str) -> dict[str, Any]:
    """Settings as they stand in the real checkpoints."""
    sizes = {"patch_size": PATCH[family], "temporal_patch_size": 2, "merge_size": MERGE}
    if family == "qwen3_vl":
        return {
            "image_processor_type": "Qwen2VLImageProcessorFast",
            "size": {"shortest_edge": 65_536, "longest_edge": 16_777_216},
            "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5],
            **sizes,
        }
    return {
        "image_processor_type": "Qwen2VLImageProcessor",
        "min_pixels": 3_136,
        "max_pixels": 12_845_056,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        **sizes,
    }


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Writes a tiny checkpoint with random weights.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", choices=sorted(PATCH), default="qwen2_5_vl")
    parser.add_argument("--tied", action="store_true", help="share the weights of input and output embeddings")
    parser.add_argument("--hidden", type=int, default=64, help="width of the language model, a multiple of 32")
    parser.add_argument("--layers", type=int, default=2, help="layers of the language model")
    parser.add_argument("--seed", type=int, default=0)
    write_tiny_model(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
