"""The engines of this process keep what every engine does."""

import random

import pytest
from engine_contract import *  # noqa: F403 - tests and their fixture

from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.scripted import ScriptedEngine


def huggingface(model, chat_format):
    return HuggingFaceEngine(model, chat_format, batch_size=2)


def scripted(model, chat_format):
    def script(request):
        generator = random.Random(request.seed)
        return [*(generator.randrange(100) for _ in range(generator.randrange(1, 20))), chat_format.end_of_turn_id]

    return ScriptedEngine(
        script,
        image_token_id=chat_format.image_token_id,
        tokens_of=chat_format.tokens_of,
        end_of_turn_id=chat_format.end_of_turn_id,
    )


@pytest.fixture(params=[huggingface, scripted])
def engine(request, model, chat_format):
    return request.param(model, chat_format)
