"""Every moment is charged to one section."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.train.stopwatch import Stopwatch


class Clock:
    """Moves when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_section_is_not_charged_for_those_inside_it():
    clock = Clock()
    watch = Stopwatch(clock)
    with watch("generate"):
        clock.now += 2
        with watch("images"):
            clock.now += 5
        clock.now += 1
    clock.now += 0.5
    assert watch.split() == {"generate": 3, "images": 5, "own": 0.5}


def test_a_split_begins_anew_also_within_an_open_section():
    clock = Clock()
    watch = Stopwatch(clock)
    with watch("update"):
        clock.now += 1
        assert watch.split() == {"update": 1, "own": 0}
        clock.now += 4
    assert watch.split() == {"update": 4, "own": 0}


def test_a_section_that_fails_is_charged_and_left():
    clock = Clock()
    watch = Stopwatch(clock)
    try:
        with watch("update"):
            clock.now += 1
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        clock.now += 2
    assert watch.split() == {"update": 1, "own": 2}


sections = st.recursive(
    st.integers(0, 5), lambda inner: st.tuples(st.sampled_from("abc"), st.lists(inner, max_size=3)), max_leaves=20
)


@given(st.lists(sections, max_size=5))
def test_the_seconds_add_up_to_the_time_that_went_by(work):
    clock = Clock()
    watch = Stopwatch(clock)

    def play(piece):
        if isinstance(piece, int):
            clock.now += piece
            return
        name, inner = piece
        with watch(name):
            for part in inner:
                play(part)

    for piece in work:
        play(piece)
    assert sum(watch.split().values()) == clock.now - 100
