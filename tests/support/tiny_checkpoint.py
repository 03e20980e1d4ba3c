"""Writes a Qwen2.5-VL checkpoint of 0.4 M random parameters: all that a server needs, and no download.

Run it with an interpreter that has torch and transformers: ``python tiny_checkpoint.py FOLDER``.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessorPil,
    Qwen2VLVideoProcessor,
)

END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
VISION_START, VISION_END, IMAGE, VIDEO = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"
SPECIAL_TOKENS = [END_OF_TEXT, TURN_START, TURN_END, VISION_START, VISION_END, IMAGE, VIDEO]

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}"
    "{% if part.type == 'text' %}{{ part.text }}{% else %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXT = 'system user assistant Image 1 2 3 4 Question: Answer: {"thought": "", "answer": ""} cannot be determined'

PATCH, MERGE = 14, 2
TOKEN_SIDE = PATCH * MERGE
MAX_IMAGE_TOKENS = 64


def write_checkpoint(folder: Path) -> None:
    """Writes model, tokenizer and processor into a new folder."""
    tokenizer = _tokenizer()
    torch.manual_seed(0)
    Qwen2_5_VLForConditionalGeneration(_config(tokenizer)).float().save_pretrained(folder)
    images = Qwen2VLImageProcessorPil(
        min_pixels=TOKEN_SIDE**2,
        max_pixels=MAX_IMAGE_TOKENS * TOKEN_SIDE**2,
        patch_size=PATCH,
        merge_size=MERGE,
        temporal_patch_size=2,
    )
    videos = Qwen2VLVideoProcessor()
    Qwen2_5_VLProcessor(images, tokenizer, videos, chat_template=CHAT_TEMPLATE).save_pretrained(folder)
    _name_tokenizer_class(folder / "tokenizer_config.json")


def _tokenizer() -> PreTrainedTokenizerFast:
    bytes_and_words = Tokenizer(models.BPE())
    bytes_and_words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_and_words.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bytes_and_words.train_from_iterator([TEXT] * 10, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet))
    return PreTrainedTokenizerFast(
        tokenizer_object=bytes_and_words,
        eos_token=TURN_END,
        pad_token=END_OF_TEXT,
        additional_special_tokens=SPECIAL_TOKENS,
        chat_template=CHAT_TEMPLATE,
    )


def _config(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLConfig:
    ids = dict(zip(SPECIAL_TOKENS, tokenizer.convert_tokens_to_ids(SPECIAL_TOKENS), strict=True))
    return Qwen2_5_VLConfig(
        text_config={
            "vocab_size": (len(tokenizer) + 63) // 64 * 64,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 32_768,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 6, 6]},
            "bos_token_id": ids[END_OF_TEXT],
            "eos_token_id": ids[TURN_END],
            "pad_token_id": ids[END_OF_TEXT],
        },
        vision_config={
            "depth": 2,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "temporal_patch_size": 2,
            "window_size": 112,
            "fullatt_block_indexes": [1],
        },
        image_token_id=ids[IMAGE],
        video_token_id=ids[VIDEO],
        vision_start_token_id=ids[VISION_START],
        vision_end_token_id=ids[VISION_END],
        architectures=["Qwen2_5_VLForConditionalGeneration"],
    )


def _name_tokenizer_class(path: Path) -> None:
    """Names the class that Qwen2.5-VL's processor asks for on loading."""
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "tokenizer_class": "Qwen2Tokenizer"}))


if __name__ == "__main__":
    write_checkpoint(Path(sys.argv[1]))
