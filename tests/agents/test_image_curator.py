"""Image sets lie in one pool, hold no near-duplicates and fit their program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mifg_pipeline.agents.image_curator import ImageCurator
from mifg_pipeline.config import GateSettings, GenerateSettings, QuotaSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs import program_named

RULES = GenerateSettings(items=1, min_sharpness=10)
PIXEL_FAMILIES = {"find-detail", "match", "order", "same-scene", "spot-change"}


def corpus_image(number, **fields):
    digest = f"{number:064x}"
    defaults = {
        "sha256": digest,
        "path": f"{number}.jpg",
        "width": 1200,
        "height": 900,
        # Multiples of an odd constant: hashes of different numbers differ in many bits.
        "phash": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "pool": "train",
        "cluster": digest,
        "sharpness": 100.0,
    }
    return CorpusImage(**{**defaults, **fields})


def plans(curator, count=40):
    made = [curator.plan(attempt) for attempt in range(count)]
    return [plan for plan in made if plan is not None]


images = st.builds(
    corpus_image,
    st.integers(1, 10**6),
    pool=st.sampled_from(["train", "validation", "test"]),
    categories=st.sampled_from([(), ("cat",), ("dog",), ("cat", "dog")]),
)


@settings(max_examples=40)
@given(st.lists(images, min_size=2, max_size=25, unique_by=lambda image: image.sha256), st.randoms())
def test_every_set_lies_in_one_pool_without_near_duplicates_and_fits_its_program(corpus, rng):
    clustered = [image.model_copy(update={"cluster": rng.choice(corpus).sha256}) for image in corpus]
    curator = ImageCurator(clustered, RULES)
    for plan in plans(curator):
        chosen = [curator.image(digest) for digest in plan.images]
        assert {image.pool for image in chosen} == {plan.pool}
        assert len({image.cluster for image in chosen}) == len(chosen)
        assert len(chosen) in program_named(plan.program).picture_counts
        assert all(program_named(plan.program).accepts(image) for image in chosen)


def test_near_duplicates_by_hash_are_kept_apart_even_in_different_clusters():
    twins = [corpus_image(1), corpus_image(2, phash=corpus_image(1).phash)]
    curator = ImageCurator(twins, GenerateSettings(items=1, mix={"find-detail": 1}))
    assert {len(plan.images) for plan in plans(curator)} == {1}


def test_images_of_a_set_share_a_category_where_there_are_enough():
    corpus = [corpus_image(n, categories=("cat",) if n % 2 else ("dog",)) for n in range(1, 30)]
    curator = ImageCurator(corpus, RULES)
    for plan in plans(curator):
        assert len({curator.image(digest).categories for digest in plan.images}) == 1


def test_the_same_attempt_has_the_same_plan():
    curator = ImageCurator([corpus_image(n) for n in range(1, 20)], RULES)
    assert [curator.plan(7) for _ in range(3)] == [curator.plan(7)] * 3


def test_images_that_are_not_used_are_counted_by_reason():
    corpus = [
        *(corpus_image(n) for n in range(1, 5)),
        corpus_image(5, sharpness=1.0),
        corpus_image(6, width=100),
        corpus_image(7, license="CC0-1.0"),
    ]
    assert ImageCurator(corpus, RULES).set_aside == {"blurred": 1, "too small": 1}
    strict = GenerateSettings(items=1, gates=GateSettings(require_license=True))
    assert ImageCurator(corpus, strict).set_aside["unknown licence"] == 4


def test_families_that_find_no_images_are_off_with_the_reason():
    curator = ImageCurator([corpus_image(n) for n in range(1, 5)], RULES)
    assert set(curator.families_on) == PIXEL_FAMILIES
    assert curator.families_off["count-across"].startswith("0 of 4 usable images fit")


def test_annotated_images_switch_counting_on():
    things = (ObjectAnnotation(bbox=(0, 0, 50, 50), category="circle", attributes={"colour": "red"}),)
    curator = ImageCurator([corpus_image(n, objects=things) for n in range(1, 5)], RULES)
    assert "count-across" in curator.families_on
    assert curator.pool_sizes("count-across") == {"train": 4, "validation": 0, "test": 0}


def test_an_unavailable_family_is_off_with_its_reason():
    curator = ImageCurator([corpus_image(n) for n in range(1, 5)], RULES, {"find-detail": "no lens"})
    assert curator.families_off["find-detail"] == "no lens"
    assert {plan.program.partition("/")[0] for plan in plans(curator)} == PIXEL_FAMILIES - {"find-detail"}


def test_weights_of_the_mix_are_followed():
    mix = GenerateSettings(items=1, mix={"find-detail": 3, "spot-change": 1})
    curator = ImageCurator([corpus_image(n) for n in range(1, 9)], mix)
    made = plans(curator, 800)
    share = sum(plan.program.startswith("find-detail") for plan in made) / len(made)
    assert share == pytest.approx(0.75, abs=0.06)


def test_a_corpus_that_affords_nothing_is_refused_with_the_reasons():
    with pytest.raises(MifgError, match=r"count-across: 0 of 0 usable.*Add images"):
        ImageCurator([corpus_image(1, sharpness=0.0)], RULES)


def test_without_a_mix_families_are_drawn_by_their_quotas():
    quotas = QuotaSettings(family={"find-detail": 0.75})
    curator = ImageCurator([corpus_image(n) for n in range(1, 9)], GenerateSettings(items=1, quotas=quotas))
    made = plans(curator, 800)
    others = sum(not plan.program.startswith("find-detail") for plan in made) / len(made)
    assert others < 0.25


def test_a_quota_for_an_unknown_family_is_refused():
    quotas = QuotaSettings(family={"no-such-family": 0.5})
    with pytest.raises(MifgError, match="No program family is named no-such-family"):
        ImageCurator([corpus_image(n) for n in range(1, 9)], GenerateSettings(items=1, quotas=quotas))


BIG = {"big": {"model": "big-vlm"}, "other": {"model": "other-vlm"}}


def with_models(curator="program", **writers):
    return GenerateSettings(
        items=1, models=BIG, agents={"image_curator": curator, "question_writer": writers, "candidates": 5}
    )


def test_writers_are_drawn_by_their_shares():
    corpus = [corpus_image(n) for n in range(1, 9)]
    made = plans(ImageCurator(corpus, with_models(program=2, big=1, other=1)), 800)
    share = {name: sum(plan.model == name for plan in made) / len(made) for name in (None, "big", "other")}
    assert share == pytest.approx({None: 0.5, "big": 0.25, "other": 0.25}, abs=0.06)


def test_attempts_that_fall_to_programs_are_the_same_whatever_share_models_have():
    corpus = [corpus_image(n) for n in range(1, 20)]
    alone, mixed = (ImageCurator(corpus, rules) for rules in (RULES, with_models(program=1, big=1)))
    programs = [attempt for attempt in range(60) if (plan := mixed.plan(attempt)) is None or plan.model is None]
    assert 10 < len(programs) < 50
    assert [mixed.plan(attempt) for attempt in programs] == [alone.plan(attempt) for attempt in programs]


@settings(max_examples=30)
@given(
    st.lists(images, min_size=20, max_size=30, unique_by=lambda image: image.sha256),
    st.sampled_from(["program", "big"]),
)
def test_a_set_for_a_model_lies_in_one_pool_without_near_duplicates(corpus, picker):
    curator = ImageCurator(corpus, with_models(picker, big=1))
    made = plans(curator, 20)
    for plan in made:
        chosen = [curator.image(digest) for digest in plan.images]
        assert (plan.program, plan.model) == ("model/big", "big")
        assert {image.pool for image in chosen} == {plan.pool}
        assert len({image.cluster for image in chosen}) == len(chosen)
        assert 2 <= len(chosen) <= (4 if picker == "program" else 5)


def test_a_model_that_picks_images_is_shown_as_many_candidates_as_set():
    corpus = [corpus_image(n) for n in range(1, 12)]
    assert {len(plan.images) for plan in plans(ImageCurator(corpus, with_models("big", big=1)))} == {5}
    few = ImageCurator(corpus[:3], with_models("big", big=1))
    assert {len(plan.images) for plan in plans(few)} == {3}


def test_models_are_a_family_of_their_own():
    corpus = [corpus_image(n) for n in range(1, 5)]
    assert set(ImageCurator(corpus, with_models(program=1, big=1)).families_on) == {*PIXEL_FAMILIES, "model"}
    curator = ImageCurator(corpus, with_models(big=1))
    assert (curator.families_on, curator.families_off) == (("model",), {})
    assert curator.pool_sizes("model") == {"train": 4, "validation": 0, "test": 0}


def test_a_single_image_is_too_little_for_a_model():
    with pytest.raises(MifgError, match="Models cannot ask about these images"):
        ImageCurator([corpus_image(1)], with_models(big=1))
