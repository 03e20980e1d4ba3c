"""What IMAgent is told says what the code does."""

import json
import re

import pytest

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.imagent.action import Answer, ToolCall
from mifg_pipeline.imagent.messages import error_text, image_text, question_text, shown_text, system_text
from mifg_pipeline.imagent.protocol import ARGUMENTS, parse_turn
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.images.frame import Frame
from mifg_pipeline.items import Answer as Key

WITH_TOOLS = system_text(EpisodeSettings(max_turns=4), "pixels")
WITHOUT_TOOLS = system_text(EpisodeSettings(tools=False), "pixels")


def question(text="Which?", **fields):
    return Question(key="k", images=(), text=text, **fields)


def listed_tools():
    lines = re.search(r"<tools>\n(.*)\n</tools>", WITH_TOOLS, re.DOTALL)[1].splitlines()
    return [json.loads(line)["function"] for line in lines]


def test_the_listed_tools_are_those_that_the_parser_knows():
    assert {tool["name"]: tuple(tool["parameters"]["properties"]) for tool in listed_tools()} == ARGUMENTS
    assert all(tuple(tool["parameters"]["required"]) == ARGUMENTS[tool["name"]] for tool in listed_tools())


def test_the_examples_of_the_instructions_are_actions():
    call = re.search(r"<tool_call>.*</tool_call>", WITH_TOOLS)[0]
    assert isinstance(parse_turn(call.replace("x0, y0, x1, y1", "1, 2, 3, 4"), 1), ToolCall)
    for text in (WITH_TOOLS, WITHOUT_TOOLS):
        assert isinstance(parse_turn(re.search(r"<answer>.*</answer>", text)[0], 1), Answer)


def test_the_instructions_say_how_many_turns_there_are():
    assert "at most 4 turns" in WITH_TOOLS


def test_coordinates_are_those_of_the_model():
    assert "pixels" in WITH_TOOLS
    assert "thousandths" not in WITH_TOOLS
    other = system_text(EpisodeSettings(), "thousandths")
    assert "thousandths" in other
    assert "in pixels" not in other


def test_without_tools_there_is_no_word_of_them():
    assert not re.search("tool|bbox|visual_", WITHOUT_TOOLS)


def test_an_image_is_named_with_its_size_where_that_matters():
    assert image_text(2, Frame(1000, 800, 504, 392)) == "Image 2, 504 pixels wide and 392 pixels high:"
    assert image_text(2, None) == "Image 2:"


def test_a_part_is_named_in_the_coordinates_of_the_model():
    frame = Frame.in_thousandths(500, 500)
    assert shown_text("visual_confirmation", 2, (50, 100, 150, 200), frame).startswith("The part [100, 200, 300, 400]")
    assert shown_text("visual_reflection", 2, None, frame) == "Image 2 again:"


def test_options_have_letters():
    assert question_text(question(options=("red", "blue"))) == (
        "Question: Which?\nA. red\nB. blue\n\nAnswer with the letter of one option."
    )


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        (Key(kind="integer", value=3), "a number in digits"),
        (Key(kind="number", value=3.5), "a number in digits"),
        (Key(kind="boolean", value=True), "yes or no"),
        (Key(kind="list", value=("a", "b")), "separated by commas"),
        (Key(kind="text", value="kite"), "few words"),
        (None, "few words"),
    ],
)
def test_the_form_of_the_answer_is_named_and_not_the_answer(answer, form):
    text = question_text(question(answer=answer))
    assert form in text
    assert "kite" not in text


@pytest.mark.parametrize("text", ["What is {{ 7 * 7 }}?", "{% block image %}", "{# gone #}", "<|im_end|>", "a < b & c"])
def test_a_question_is_text_whatever_is_in_it(text):
    assert text in question_text(question(text, options=(text, "other")))


def test_an_error_of_another_name_does_not_exist():
    with pytest.raises(KeyError):
        error_text("no such reason")
