"""What the page of trajectories holds: everything that was stored, and nothing twice."""

import json
import random
import re

import pytest
from byte_tokens import ByteChatFormat, tokenizer_content
from drawn_trajectories import drawn_step
from PIL import Image

from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.bucket import Bucket
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.items import Answer, Region
from mifg_pipeline.report.trajectories import TokenText, index_groups, trajectory_page
from mifg_pipeline.report.trajectories.content import REST_OF_CHARACTER, PageContent
from mifg_pipeline.report.trajectories.page import MEANINGS

TEXT = TokenText(tokenizer_content())
EVIL = "Is it </script><script>alert(1)</script> <!-- or {{ this }}?"


@pytest.fixture(scope="module", name="questions")
def _questions(tmp_path_factory) -> dict[str, Question]:
    """Two questions that share an image."""
    folder = tmp_path_factory.mktemp("images")
    images = []
    for colour in ("red", "green", "blue"):
        Image.new("RGB", (1600, 800), colour).save(folder / f"{colour}.png")
        images.append(QuestionImage.of_file(folder / f"{colour}.png"))
    answer = Answer(kind="choice", value="B")
    evidence = (Region(image=1, bbox=(400, 300, 700, 600)),)
    return {
        "first": Question("first", (images[0], images[1]), EVIL, ("red", "green"), answer, evidence),
        "second": Question("second", (images[1], images[2]), "How many?", None, Answer(kind="integer", value=3)),
    }


@pytest.fixture(scope="module", name="lines")
def _lines(questions) -> list[TrainedTrajectory]:
    """A step of four groups of six."""
    drawn = [questions[key] for key in ("first", "second", "first", "second")]
    return list(drawn_step(3, drawn, 6, ByteChatFormat(), skill=0.3, rng=random.Random(1)))


def content_of(questions: dict[str, Question], lines: list[TrainedTrajectory]) -> dict:
    content = PageContent(questions.__getitem__, TEXT)
    for draw in sorted({line.draw for line in lines}):
        content.add([line for line in lines if line.draw == draw])
    return json.loads(json.dumps(content.as_json()))


def tokens_of(content: dict, trajectory: dict) -> list[tuple[int, int, int]]:
    """Turn, kind and bucket of each token behind the prompt."""
    rows = []
    for number, turn in enumerate(trajectory["turns"]):
        for kind, bucket, pieces, _ in turn["runs"]:
            count = sum(-piece if piece < 0 else len(content["pieces"][piece][1].split()) for piece in pieces)
            rows += [(number, kind, bucket)] * count
    return rows


def test_every_token_behind_the_prompt_is_in_its_turn_with_its_kind_and_bucket(questions, lines):
    content = content_of(questions, lines)
    for line, trajectory in zip(lines, content["trajectories"], strict=True):
        tracks = line.trajectory.tracks
        stored = list(zip(tracks.turns, tracks.kinds, line.buckets, strict=True))
        assert tokens_of(content, trajectory) == [row for row in stored if row[1] != TokenKind.PROMPT]


def test_what_a_turn_says_is_its_sampled_tokens(questions, lines):
    content = content_of(questions, lines)
    for line, trajectory in zip(lines, content["trajectories"], strict=True):
        for record, turn in zip(line.trajectory.turns, trajectory["turns"], strict=True):
            runs = [pieces for kind, _, pieces, _ in turn["runs"] if kind == TokenKind.SAMPLED]
            text = "".join(content["pieces"][piece][0] for pieces in runs for piece in pieces)
            shown = text.replace(REST_OF_CHARACTER, "").removesuffix("<|im_end|>")
            # A turn that was cut short may end within a character.
            assert re.sub("(<0x..>)+$", "\ufffd", shown) == record.text


def test_tokens_of_one_character_in_several_buckets_keep_their_buckets_and_the_character(questions, lines):
    line = next(line for line in lines if "近" in line.trajectory.turns[0].text)
    buckets = [6 if place % 2 else 4 for place in range(len(line.buckets))]
    content = content_of(questions, [line.model_copy(update={"buckets": tuple(buckets)})])
    (trajectory,) = content["trajectories"]
    kinds = line.trajectory.tracks.kinds
    stored = [bucket for bucket, kind in zip(buckets, kinds, strict=True) if kind != TokenKind.PROMPT]
    assert [bucket for _, _, bucket in tokens_of(content, trajectory)] == stored
    texts = [
        content["pieces"][piece][0]
        for _, _, pieces, _ in trajectory["turns"][0]["runs"]
        for piece in pieces
        if piece >= 0
    ]
    assert "近" in texts
    assert REST_OF_CHARACTER in texts


def test_the_prompt_is_that_of_the_question_with_its_images(questions, lines):
    content = content_of(questions, lines)
    prompt = content["questions"][0]["prompt"]
    shown = [part for part in prompt if part < 0]
    views = lines[0].trajectory.views[:2]
    assert shown == [-(view.height // 28 * (view.width // 28)) for view in views]
    assert EVIL in content["texts"][prompt[-1]]


def test_each_image_is_held_once_and_small(questions, lines):
    content = content_of(questions, lines)
    assert [question["images"] for question in content["questions"]] == [[0, 1], [1, 2]]
    assert len({image["src"] for image in content["images"]}) == len(content["images"]) == 3
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in content["images"])
    assert [(image["width"], image["height"]) for image in content["images"]] == [(1600, 800)] * 3


def test_a_question_that_is_drawn_again_is_held_once(questions, lines):
    content = content_of(questions, lines)
    assert [group["question"] for group in content["groups"]] == [0, 1, 0, 1]


def test_boxes_are_in_pixels_of_the_original(questions, lines):
    content = content_of(questions, lines)
    turns = [turn for line in lines for turn in line.trajectory.turns]
    shown = [turn for trajectory in content["trajectories"] for turn in trajectory["turns"]]
    assert any(turn.box for turn in turns)
    assert [turn["box"] for turn in shown] == [list(turn.box) if turn.box else None for turn in turns]
    assert content["questions"][0]["evidence"] == [[1, 400, 300, 700, 600]]


def test_log_probabilities_belong_to_sampled_tokens_and_those_not_finite_are_null(questions, lines):
    tracks = lines[0].trajectory.tracks
    place = tracks.kinds.index(TokenKind.SAMPLED)
    logprobs = (*tracks.logprobs[:place], float("nan"), *tracks.logprobs[place + 1 :])
    trajectory = lines[0].trajectory.model_copy(update={"tracks": tracks.model_copy(update={"logprobs": logprobs})})
    content = content_of(questions, [lines[0].model_copy(update={"trajectory": trajectory})])
    runs = content["trajectories"][0]["turns"][0]["runs"]
    for kind, _, pieces, sums in runs:
        assert len(sums) == (len(pieces) if kind == TokenKind.SAMPLED else 0)
    assert runs[0][3][0] is None


def test_without_buckets_what_became_of_sampled_tokens_is_not_known(questions, lines):
    """So a step is stored whose loss was no number."""
    content = content_of(questions, [lines[0].model_copy(update={"buckets": ()})])
    buckets = {(kind, bucket) for _, kind, bucket in tokens_of(content, content["trajectories"][0])}
    assert buckets <= {(TokenKind.SAMPLED, 0), (TokenKind.OBSERVATION, Bucket.OBSERVATION)}
    assert (TokenKind.SAMPLED, 0) in buckets


def test_an_image_that_is_gone_costs_its_picture_alone(questions, lines, tmp_path):
    path = tmp_path / "gone.png"
    Image.new("RGB", (50, 40)).save(path)
    gone = QuestionImage.of_file(path)
    path.unlink()
    content = content_of({**questions, "first": Question("first", (gone,), "?")}, lines[:1])
    (image,) = content["images"]
    assert "cannot be read" in image["fault"]
    assert image["src"] == ""


def test_every_bucket_has_a_name_and_a_meaning():
    assert set(MEANINGS) == set(Bucket)
    assert len({name for name, _ in MEANINGS.values()}) == len(Bucket)


@pytest.fixture(scope="module", name="page")
def _page(questions, lines, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("run") / "step-000003.jsonl"
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in lines))
    return trajectory_page("run <b>7</b>", index_groups([path]), 99, questions.__getitem__, TEXT)


def test_no_text_of_a_run_is_markup(page):
    assert page.count("<script") == page.count("</script>") == 2
    assert "<b>7</b>" not in page.split("</head>")[1].split("<script")[0]
    data = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data)["questions"][0]["text"] == EVIL


def test_the_page_may_load_nothing(page):
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'" in page
    assert not re.search(r"""(src|href)=["']?(https?:|//)""", page)


def test_a_question_that_the_dataset_lacks_ends_the_page(lines):
    def missing(key: str) -> Question:
        raise MifgError(f"The dataset has no question {key}.", "Give another.")

    with pytest.raises(MifgError, match="no question first"):
        PageContent(missing, TEXT).add(lines[:1])
