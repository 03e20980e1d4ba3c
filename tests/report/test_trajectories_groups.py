"""Groups in files of trajectories: found whole, chosen evenly, and read alone."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.report.trajectories import index_groups, read_group, spread
from mifg_pipeline.report.trajectories.stored_groups import StoredGroup

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=60)


def line(draw: int, sample: int) -> TrainedTrajectory:
    trajectory = Trajectory(question=f"größe-{draw}", sample=sample, turns=(), end=EndReason.ANSWERED, views=())
    return TrainedTrajectory(step=1, draw=draw, trajectory=trajectory, accuracy=1, reward=1, advantage=0)


def write(path: Path, lines: list[TrainedTrajectory]) -> Path:
    path.write_text("".join(f"{one.model_dump_json()}\n" for one in lines), encoding="utf-8")
    return path


def groups_of(sizes: list[int]) -> list[StoredGroup]:
    return [StoredGroup(Path(str(place)), tuple(range(size))) for place, size in enumerate(sizes)]


def test_the_lines_of_a_draw_are_a_group_also_where_others_stand_between(tmp_path):
    lines = [line(4, 0), line(5, 0), line(4, 1), line(5, 1)]
    groups = index_groups([write(tmp_path / "step-000001.jsonl", lines)])
    assert [read_group(group) for group in groups] == [[lines[0], lines[2]], [lines[1], lines[3]]]


def test_groups_of_several_files_come_in_the_order_of_the_files(tmp_path):
    paths = [write(tmp_path / f"{step}.jsonl", [line(step, 0)]) for step in (3, 1)]
    assert [read_group(group)[0].draw for group in index_groups(paths)] == [3, 1]


@given(SIZES, st.integers(1, 600))
def test_no_more_are_chosen_than_asked_for_beside_the_first_group(sizes, most):
    chosen = spread(groups_of(sizes), most)
    assert sum(map(len, chosen)) <= most or len(chosen) == 1


@given(SIZES)
def test_all_are_chosen_where_they_fit(sizes):
    assert spread(groups_of(sizes), sum(sizes)) == groups_of(sizes)


@given(st.integers(1, 300), st.integers(1, 300))
def test_chosen_groups_are_evenly_far_apart(count, most):
    places = [int(group.path.name) for group in spread(groups_of([1] * count), most)]
    gaps = [after - before for before, after in pairwise(places)]
    assert len(places) == min(count, most)
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


@pytest.mark.parametrize("content", ["{\n", "[]\n", "{}\n", "null\n"])
def test_a_file_of_something_else_is_named(tmp_path, content):
    path = tmp_path / "step-000001.jsonl"
    path.write_text(content)
    with pytest.raises(MifgError, match=f"{path} is no file of trajectories"):
        index_groups([path])


def test_a_line_that_is_no_trajectory_is_named_when_it_is_read(tmp_path):
    path = tmp_path / "step-000001.jsonl"
    path.write_text('{"draw": 3}\n')
    (group,) = index_groups([path])
    with pytest.raises(MifgError, match=f"{path} is no file of trajectories"):
        read_group(group)
