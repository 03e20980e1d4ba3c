"""A model picks two to five of the candidates by what was seen in them."""

import asyncio

import pytest

from mifg_pipeline.agents.replies import Selection
from mifg_pipeline.agents.selection import fault_of, select_images
from mifg_pipeline.agents.state import ImageInventory, Plan, Sighting

MUG = ImageInventory(objects=(Sighting(label="red mug", bbox=(100, 200, 150, 280)),), texts=(), details=())


@pytest.fixture
def select(scripted, settings, make_corpus_image):
    candidates = [make_corpus_image(name, caption=f"a {name}") for name in ("gate", "fence", "shed", "pier")]
    inventories = (MUG, None, MUG, MUG)
    plan = Plan(program="model/big", images=tuple(image.sha256 for image in candidates), pool="train")

    def run(*replies):
        model = scripted(selection=list(replies))
        selected = asyncio.run(select_images(plan, candidates, inventories, model, settings, sample=7))
        return selected, model.requests["selection"][0]

    return run


def test_the_plan_is_narrowed_to_the_picked_images_with_what_was_seen_in_them(select, make_corpus_image):
    selected, _ = select({"images": [4, 2], "idea": "Compare\nthe mugs."})
    assert selected.result.passed
    assert selected.plan.images == (make_corpus_image("pier").sha256, make_corpus_image("fence").sha256)
    assert selected.plan.inventories == (MUG, None)
    assert selected.plan.idea == "Compare the mugs."
    assert selected.usage.calls == len(selected.calls) == 1


def test_candidates_are_described_and_not_shown(select, data_of, shown):
    _, request = select({"images": [1, 3], "idea": "x"})
    assert data_of(request)["candidates"][:2] == [
        {
            "number": 1,
            "inventory": {"objects": [{"label": "red mug", "bbox": [100, 250, 150, 350]}], "texts": [], "details": []},
            "caption": "a gate",
        },
        {"number": 2, "inventory": None, "caption": "a fence"},
    ]
    assert len(shown(request)) == 1
    assert request.sample == 7


@pytest.mark.parametrize(
    ("images", "fault"),
    [
        ([], "sees no question across these images: they differ"),
        ([1, 1], "names an image twice"),
        ([0, 1], "none of the 4 candidates"),
        ([2, 5], "none of the 4 candidates"),
        ([3], "1 images instead of 2 to 5"),
    ],
)
def test_a_selection_that_cannot_be_used_fails_with_its_reason(select, images, fault):
    selected, _ = select({"images": images, "idea": "they differ"})
    assert selected.plan is None
    assert not selected.result.passed
    assert fault in selected.result.reason


def test_at_most_five_images_are_picked():
    assert fault_of(Selection(images=(1, 2, 3, 4, 5), idea=""), 6) == ""
    assert "6 images" in fault_of(Selection(images=(1, 2, 3, 4, 5, 6), idea=""), 6)


def test_a_reply_that_cannot_be_read_fails_with_its_reason(select):
    selected, _ = select("I would take the first two.")
    assert "no JSON object" in selected.result.reason
    assert len(selected.calls) == 2
