import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.agents.replies import Inventory, Judgement, Selection, Solution
from mifg_pipeline.models.reply_text import Unfit, parse_reply

SOLUTION = Solution(thought="The kite {red} is in Image 2.", answer="B")
JSON = SOLUTION.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"\ufeff{JSON}\n",
        json.dumps(json.loads(JSON), indent=2),
        f"```json\n{JSON}\n```",
        f"```\n{JSON}\n```",
        f"Here you are:\r\n```JSON\r\n{JSON}\r\n```\r\nAnything else?",
        f"Here you are: {JSON} Anything else?",
        f"The answer {{B}} it is.\n{JSON}",
        f"<think>\nIs it {{A}} or {JSON.replace('B', 'A')}?\n</think>\n{JSON}",
        f"<think>no end of thoughts\n```json\n{JSON}\n```",
        f"[{JSON}]",
        f'{{"type": "object", "properties": {{}}}}\n{JSON}',
    ],
)
def test_the_object_is_found(text):
    assert parse_reply(text, Solution) == SOLUTION


def test_a_mention_of_the_end_of_thoughts_within_the_reply_is_part_of_it():
    solution = Solution(thought="</think>", answer="B")
    assert parse_reply(solution.model_dump_json(), Solution) == solution


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("Image 2", "it holds no JSON object"),
        (JSON[:-5], "it holds no JSON object"),
        ('"B"', "it holds no JSON object"),
        ('{"answer": "B"}', "it does not fit the schema: thought: Field required"),
        (f'{{"extra": 1, {JSON[1:]}', "it does not fit the schema: extra: Extra inputs are not permitted"),
        ('{"thought": null, "answer": "B"}', "it does not fit the schema: thought: Input should be a valid string"),
        ('{"thought": "caf\ufffd", "answer": "B"}', "it is not valid UTF-8"),
        ('{"thought": "\\ud83d", "answer": "B"}', "it holds no JSON object"),
    ],
)
def test_what_does_not_fit_is_said(text, problem):
    with pytest.raises(Unfit) as raised:
        parse_reply(text, Solution)
    assert str(raised.value).startswith(problem)


def test_only_the_first_problems_are_named():
    with pytest.raises(Unfit, match="and 15 more"):
        parse_reply(json.dumps({"images": ["x"] * 19, "idea": None}), Selection)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_place_of_no_finite_numbers_does_not_fit(number):
    seen = f'[{{"label": "kite", "bbox": [0, 0, {number}, 5]}}]'
    with pytest.raises(Unfit):
        parse_reply(f'{{"objects": {seen}, "texts": [], "details": []}}', Inventory)


def test_a_number_in_the_place_of_a_text_is_taken():
    assert parse_reply('{"thought": "counted", "answer": 7}', Solution).answer == "7"


@pytest.mark.parametrize("text", ["{" * 1_000_000, '{"a":' * 100_000, "[" * 100_000, "```json\n" * 100_000])
def test_hostile_text_takes_no_time(text):
    started = time.process_time()
    with pytest.raises(Unfit):
        parse_reply(text, Solution)
    assert time.process_time() - started < 1


def test_an_object_within_one_that_does_not_fit_is_not_taken():
    with pytest.raises(Unfit, match="draft: Extra inputs"):
        parse_reply(f'{{"draft": {JSON}}}', Solution)


@given(st.text(alphabet=st.sampled_from('{}[]":,`\n json0'), max_size=200) | st.text())
def test_any_text_is_a_reply_or_unfit(text):
    with contextlib.suppress(Unfit):
        assert parse_reply(text, Solution).name == "solution"


WORDS = st.text(st.characters(exclude_characters="{[`<\ufffd", exclude_categories=["Cs"]))
JUDGEMENTS = st.builds(
    Judgement,
    fine_grained=st.booleans(),
    needs_all_images=st.booleans(),
    unambiguous=st.booleans(),
    well_put=st.booleans(),
    problems=st.lists(WORDS).map(tuple),
)


@given(JUDGEMENTS, WORDS)
def test_words_around_a_reply_do_not_matter(judgement, words):
    assert parse_reply(f"{words}{judgement.model_dump_json()}{words}", Judgement) == judgement
