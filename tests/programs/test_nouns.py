"""Names of categories become nouns that can be counted, or are not asked about."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.programs.kinds import Kind
from mifg_pipeline.programs.nouns import is_nameable, noun_of

COCO = """
person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,
bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,
sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,
bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,
toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,
teddy bear,hair drier,toothbrush
"""


@pytest.mark.parametrize(
    ("category", "one", "many"),
    [
        ("dining_table", "dining table", "dining tables"),
        ("Traffic-Light", "traffic light", "traffic lights"),
        ("POTTED PLANT", "potted plant", "potted plants"),
        ("hair drier", "hair drier", "hair driers"),
        ("sports ball", "sports ball", "sports balls"),
        ("tv", "TV", "TVs"),
        ("T-shirt", "T-shirt", "T-shirts"),
        ("skis", "pair of skis", "pairs of skis"),
        ("scissors", "pair of scissors", "pairs of scissors"),
        ("pair_of_scissors", "pair of scissors", "pairs of scissors"),
        ("broccoli", "piece of broccoli", "pieces of broccoli"),
        ("Luggage", "piece of luggage", "pieces of luggage"),
        ("sheep", "sheep", "sheep"),
        ("men's shoe", "men's shoe", "men's shoes"),
    ],
)
def test_category_as_a_noun(category: str, one: str, many: str) -> None:
    assert is_nameable(category)
    assert (Kind(category, None).singular, Kind(category, None).plural) == (one, many)


def test_colour_stands_before_the_noun() -> None:
    assert Kind("scissors", "red").plural == "red pairs of scissors"
    assert Kind("Dining_Table", "light blue").exactly_one == "exactly one light blue dining table"


@pytest.mark.parametrize("category", [name.strip() for name in COCO.split(",")])
def test_all_categories_of_coco_are_named(category: str) -> None:
    assert is_nameable(category)
    assert Kind(category, None).plural != Kind(category, None).singular or category == "sheep"


@pytest.mark.parametrize(
    "category",
    ["flowers", "Street Lights", "people", "n02084071", "class 7", "cabinet/shelf", "bow (weapon)", "a" * 41, "_"],
)
def test_names_that_make_no_noun_are_not_asked_about(category: str) -> None:
    assert not is_nameable(category)


@given(st.text(max_size=45))
def test_any_name_is_refused_or_gives_plain_words(category: str) -> None:
    if is_nameable(category):
        assert re.fullmatch(r"[^\W\d_]+(?:[ '’-]+[^\W\d_]+)*['’]?", noun_of(category))
