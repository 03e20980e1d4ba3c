"""A turn is read as exactly one action, whatever a model writes."""

import json
import math
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mifg_pipeline.imagent.action import Answer, InvalidAction, NoAction, ToolCall
from mifg_pipeline.imagent.protocol import ARGUMENTS, parse_turn

IMAGES = 3


def call(content):
    return f"<tool_call>{content}</tool_call>"


def confirmation(image="1", place="[1, 2, 30, 40]"):
    return call(f'{{"name": "visual_confirmation", "arguments": {{"image": {image}, "bbox_2d": {place}}}}}')


REFLECTION = call('{"name": "visual_reflection", "arguments": {"image": 2}}')
ANSWER = "<answer>B</answer>"


def reason_of(text, **options):
    action = parse_turn(text, IMAGES, **options)
    assert isinstance(action, InvalidAction), action
    return action.reason


@pytest.mark.parametrize(
    ("text", "action"),
    [
        (REFLECTION, ToolCall("visual_reflection", 1)),
        (confirmation(), ToolCall("visual_confirmation", 0, (1, 2, 30, 40))),
        (confirmation(3, "[1.5, -2, 3e1, 40.25]"), ToolCall("visual_confirmation", 2, (1.5, -2, 30, 40.25))),
        (f"<think>Small.</think>\n{REFLECTION}", ToolCall("visual_reflection", 1)),
        (call(' \n{"arguments": {"image": 2}, "name": "visual_reflection"}\n'), ToolCall("visual_reflection", 1)),
        (ANSWER, Answer("B")),
        ("<answer>\n two words </answer>", Answer("two words")),
        ("<answer></answer>", Answer("")),
        ("<answer><b>1</b> < 2</answer>", Answer("<b>1</b> < 2")),
        (f"So it is {ANSWER}, I am sure.", Answer("B")),
    ],
)
def test_one_action_is_read(text, action):
    assert parse_turn(text, IMAGES) == action


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{ANSWER} or {REFLECTION}?</think>{ANSWER}",
        f"<think><think>deeper</think>{ANSWER}",
        # A template may open the thought before the turn begins.
        f"{REFLECTION} would help, but no.</think>{ANSWER}",
        f"</think>{ANSWER}</think>",
    ],
)
def test_what_is_thought_is_not_done(text):
    assert parse_turn(text, IMAGES) == Answer("B")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It is B.",
        "<think>B</think>",
        "<think>B</think> It is B.",
        f"<think>It may be {ANSWER}",
        f"{ANSWER} <think>or",
        f"{ANSWER}</think>",
        "</answer>",
        "answer>B</answer",
    ],
)
def test_a_turn_without_an_opening_tag_or_with_a_thought_that_never_ends_does_nothing(text):
    assert parse_turn(text, IMAGES) == NoAction()


@pytest.mark.parametrize(
    "text",
    [
        ANSWER + ANSWER,
        REFLECTION + ANSWER,
        ANSWER + REFLECTION,
        REFLECTION + REFLECTION,
        f"{REFLECTION}<think>no</think>{REFLECTION}{ANSWER}",
        "<answer><answer>B</answer></answer>",
        call(REFLECTION),
        f"{ANSWER}<answer",
        f"{ANSWER} < tool_call",
    ],
)
def test_more_than_one_action_is_invalid(text):
    assert reason_of(text) == "several"


@pytest.mark.parametrize(
    "text",
    [
        "<answer>B",
        "<answer",
        "<answer B</answer>",
        "< answer>B</answer>",
        "<Answer>B</Answer>",
        "<answers>B</answers>",
        "<tool_call>{}",
        "<answer>B</tool_call>",
        "</answer>B<answer>",
        "<answer>B</answer></answer>",
        "<answer>B</answer></tool_call>",
        "<tool_calls>[]</tool_calls>",
    ],
)
def test_tags_that_do_not_fit_together_are_invalid(text):
    assert reason_of(text) == "malformed"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "visual_reflection(2)",
        "{'name': 'visual_reflection', 'arguments': {'image': 2}}",
        '{"name": "visual_reflection", "arguments": {"image": 2}} {}',
        '{"name": "visual_reflection", "arguments": {"image": 2, "image": 1}}',
        '{"name": "visual_reflection", "name": "visual_reflection", "arguments": {"image": 2}}',
        '{"name": "visual_reflection", "arguments": {"image": ２}}',
        '{"name": "visual_reflection", "arguments": {"image": 02}}',
        '{"name": "visual_reflection", "arguments": {"image": ' + "9" * 5000 + "}}",
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_a_call_that_is_no_json_or_says_a_thing_twice_is_invalid(content):
    assert reason_of(call(content)) == "not_json"


@pytest.mark.parametrize(
    "content",
    [
        "null",
        "1",
        "NaN",
        '"visual_reflection"',
        '[{"name": "visual_reflection", "arguments": {"image": 2}}]',
        "{}",
        '{"name": "visual_reflection"}',
        '{"name": "visual_reflection", "arguments": {"image": 2}, "id": 1}',
        '{"visual_reflection": {"image": 2}}',
    ],
)
def test_json_that_is_no_call_is_invalid(content):
    assert reason_of(call(content)) == "not_a_call"


@pytest.mark.parametrize("name", ['"zoom"', '"Visual_Reflection"', "null", "1", "[]", "{}", '"visual_reflection "'])
def test_a_tool_that_does_not_exist_is_invalid(name):
    assert reason_of(call(f'{{"name": {name}, "arguments": {{"image": 2}}}}')) == "unknown_tool"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("visual_reflection", "{}"),
        ("visual_reflection", "[2]"),
        ("visual_reflection", "2"),
        ("visual_reflection", '"{\\"image\\": 2}"'),
        ("visual_reflection", '{"image": 2, "bbox_2d": [1, 2, 30, 40]}'),
        ("visual_reflection", '{"images": 2}'),
        ("visual_confirmation", '{"image": 2}'),
        ("visual_confirmation", '{"bbox_2d": [1, 2, 30, 40]}'),
        ("visual_confirmation", '{"image": 2, "bbox": [1, 2, 30, 40]}'),
        ("visual_confirmation", '{"image": 2, "bbox_2d": [1, 2, 30, 40], "zoom": 2}'),
    ],
)
def test_missing_and_extra_arguments_are_invalid(tool, arguments):
    assert reason_of(call(f'{{"name": "{tool}", "arguments": {arguments}}}')) == "arguments"


@pytest.mark.parametrize(
    "image",
    ["0", "-1", "4", "99", "1.5", "1.0", "1e0", '"1"', "true", "null", "[1]", "NaN", "Infinity", f"1{'0' * 400}"],
)
def test_an_image_that_does_not_exist_is_invalid(image):
    assert reason_of(confirmation(image)) == "unknown_image"


def test_the_error_says_how_many_images_there_are():
    assert "from 1 to 3" in parse_turn(confirmation("4"), IMAGES).message


@pytest.mark.parametrize(
    "place",
    [
        "[]",
        "[1, 2, 3]",
        "[1, 2, 3, 4, 5]",
        "[[1, 2], [3, 4]]",
        '"1, 2, 3, 4"',
        '["1", 2, 3, 4]',
        "[true, 2, 3, 4]",
        "null",
    ],
)
def test_what_is_not_four_numbers_is_no_place(place):
    assert reason_of(confirmation(1, place)) == "no_place"


@pytest.mark.parametrize("number", ["1e999", "Infinity", f"1{'0' * 400}"])
def test_numbers_too_large_for_a_float_are_left_to_the_check_of_the_place(number):
    assert parse_turn(confirmation(1, f"[-{number}, 0, {number}, 5]"), IMAGES).place == (-math.inf, 0, math.inf, 5)


def test_a_call_without_tools_is_invalid_and_an_answer_is_not():
    assert reason_of(REFLECTION, tools=False) == "no_tools"
    assert parse_turn(ANSWER, IMAGES, tools=False) == Answer("B")


def test_errors_name_tools_only_where_there_are_some():
    for text in (ANSWER + ANSWER, "<answer>"):
        assert "tool" in parse_turn(text, IMAGES).message
        assert "tool" not in parse_turn(text, IMAGES, tools=False).message


PIECES = st.sampled_from(
    [
        *("<think>", "</think>", "<tool_call>", "</tool_call>", "<answer>", "</answer>", "<", ">", "/", "<|im_end|>"),
        *('{"name": ', '"visual_confirmation"', '"visual_reflection"', ', "arguments": ', "{", "}", "[", "]", ",", ":"),
        *('"image"', '"bbox_2d"', "1", "-1", "1e999", "NaN", "１", "٣", "true", '"', "\\", "\n", " ", "\ud7ff", "\x00"),
    ]
)
TEXTS = st.one_of(
    st.binary(max_size=400).map(lambda data: data.decode(errors="replace")),
    st.lists(PIECES, max_size=60).map("".join),
    st.text(max_size=100).map(call),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["name", "arguments", "image", "bbox_2d", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    ).map(lambda value: call(json.dumps(value))),
)


@given(TEXTS, st.integers(1, 8), st.booleans())
@example(confirmation(1, "[NaN, NaN, NaN, NaN]"), 1, True)
def test_any_text_is_one_action_that_can_be_carried_out_or_is_refused_in_words(text, images, tools):
    action = parse_turn(text, images, tools=tools)
    if isinstance(action, ToolCall):
        assert tools
        assert 0 <= action.image < images
        assert (action.place is not None) == ("bbox_2d" in ARGUMENTS[action.tool])
    elif isinstance(action, InvalidAction):
        assert action.message.startswith("Error: ")
    else:
        assert isinstance(action, Answer | NoAction)


@given(TEXTS, TEXTS)
def test_a_call_is_never_carried_out_beside_another_action(first, second):
    assert not isinstance(parse_turn(f"{first}{REFLECTION}{second}{ANSWER}", IMAGES), ToolCall)


@pytest.mark.parametrize("piece", ["<", "< ", "<answer", "</answer>", "<think>", '{"a":', "[", "< \n" * 20, "9", '"'])
@pytest.mark.parametrize("around", ["{}", "<tool_call>{}</tool_call>"])
def test_time_grows_with_the_length_alone(piece, around):
    def seconds(length):
        text = around.format(piece * (length // len(piece)))
        started = time.process_time()
        parse_turn(text, IMAGES)
        return time.process_time() - started

    # Eight times the length would take 64 times as long where time grows with its square.
    assert min(seconds(800_000) for _ in range(3)) < 24 * min(seconds(100_000) for _ in range(3)) + 0.02
