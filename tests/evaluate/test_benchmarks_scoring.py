"""Every benchmark reports its own figures; what is expected here was computed by hand from the published rule."""

from collections.abc import Callable, Mapping
from pathlib import Path

import benchmark_files as files
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.evaluate.benchmarks import Benchmark, open_benchmark


def figures(benchmark: Benchmark, replies: Mapping[str, str | None]) -> dict[str, tuple[float, int]]:
    verdicts = benchmark.verdicts(replies)
    return {figure.name: (figure.value, figure.count) for figure in benchmark.published(verdicts)}


def answers(benchmark: Benchmark, is_right: Callable[[str], bool]) -> dict[str, str | None]:
    """Replies with the key where a key is to be right, else with another letter."""
    return {
        item.key: f"<answer>{item.answer.value if is_right(item.key) else 'BA'[item.answer.value == 'B']}</answer>"
        for item in benchmark.items
    }


def test_vstar_reports_both_tasks_and_all_questions(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path)
    benchmark = open_benchmark("vstar", tmp_path)
    replies = {"direct_attributes/sa_1": "<answer>(B) cotton</answer>", "relative_position/sa_2": "<answer>B</answer>"}
    assert figures(benchmark, replies) == {
        "direct_attributes": (1.0, 1),
        "relative_position": (0.0, 1),
        "overall": (0.5, 2),
    }


def test_hrbench_averages_the_orders_and_counts_questions_that_are_right_in_all(tmp_path: Path) -> None:
    files.write_tsv(tmp_path / "hr_bench_4k.tsv", files.hrbench_rows())
    benchmark = open_benchmark("hrbench", tmp_path)
    # Right: the single question in all four orders (0, 2, 4, 6), the cross question in two of them (1, 3).
    replies = answers(benchmark, lambda key: key in {"4k/0", "4k/2", "4k/4", "4k/6", "4k/1", "4k/3"})
    assert figures(benchmark, replies) == {
        "4k/single": (1.0, 4),
        "4k/cross": (0.5, 4),
        "4k/all": (0.75, 8),
        "4k/circular": (0.5, 2),
    }


def test_a_model_that_always_says_a_has_a_quarter_and_no_question(tmp_path: Path) -> None:
    files.write_tsv(tmp_path / "hr_bench_4k.tsv", files.hrbench_rows())
    benchmark = open_benchmark("hrbench", tmp_path)
    said = figures(benchmark, {item.key: "<answer>A</answer>" for item in benchmark.items})
    assert (said["4k/all"][0], said["4k/circular"][0]) == (0.25, 0.0)


def test_muirbench_tells_unanswerable_from_answerable_and_counts_pairs(tmp_path: Path) -> None:
    files.write_muirbench(tmp_path)
    benchmark = open_benchmark("muirbench", tmp_path)
    replies = {"7": "<answer>B</answer>", "8": "<answer>B</answer>"}
    assert figures(benchmark, replies) == {
        "Visual Retrieval": (0.5, 2),
        "answerable": (1.0, 1),
        "unanswerable": (0.0, 1),
        "pairs": (0.0, 1),
        "overall": (0.5, 2),
    }


def test_blink_averages_its_tasks_whatever_their_sizes(tmp_path: Path) -> None:
    files.write_blink(tmp_path)
    benchmark = open_benchmark("blink", tmp_path)
    replies = answers(benchmark, lambda key: key in {"val_Art_Style_1", "val_Counting_2"})
    assert figures(benchmark, replies) == {
        "Art_Style": (1.0, 1),
        "Counting": (pytest.approx(1 / 3), 3),
        "average of tasks": (pytest.approx(2 / 3), 4),
    }


def test_mmiu_averages_its_tasks(tmp_path: Path) -> None:
    files.write_mmiu(tmp_path)
    with pytest.warns(UserWarning, match="no key"):
        benchmark = open_benchmark("mmiu", tmp_path)
    replies = {"forensic_detection_blink/1": "<answer>B</answer>", "jigsaw/1": None}
    assert figures(benchmark, replies)["overall"] == (0.5, 2)


def test_mme_realworld_counts_domains_tasks_and_refusals(tmp_path: Path) -> None:
    files.write_mme_realworld(tmp_path)
    benchmark = open_benchmark("mme-realworld", tmp_path)
    said = dict(zip((item.key for item in benchmark.items), ("C", "(E)", "456"), strict=True))
    assert figures(benchmark, {key: f"<answer>{text}</answer>" for key, text in said.items()}) == {
        "Perception/Monitoring": (1.0, 1),
        "Perception/Remote Sensing": (0.0, 1),
        "Reasoning/Monitoring": (1.0, 1),
        "Perception": (0.5, 2),
        "Reasoning": (1.0, 1),
        "chose E": (pytest.approx(1 / 3), 3),
        "overall": (pytest.approx(2 / 3), 3),
    }


def test_no_reply_is_wrong_and_says_nothing(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path)
    verdicts = open_benchmark("vstar", tmp_path).verdicts({"direct_attributes/sa_1": None})
    assert [(verdict.text, verdict.correct) for verdict in verdicts] == [(None, False), (None, False)]


def test_a_reply_without_tags_counts_in_the_lenient_mode_alone_and_is_marked(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path)
    benchmark = open_benchmark("vstar", tmp_path)
    replies = {"direct_attributes/sa_1": "The answer is B.", "relative_position/sa_2": "<answer>A</answer>"}
    assert [verdict.correct for verdict in benchmark.verdicts(replies)] == [False, True]
    lenient = benchmark.verdicts(replies, lenient=True)
    assert [(verdict.correct, verdict.lenient) for verdict in lenient] == [(True, True), (True, False)]


def test_a_reply_of_a_megabyte_is_judged(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path)
    reply = "<answer>" * 60_000 + "(" * 500_000 + "<answer>B</answer>"
    verdicts = open_benchmark("vstar", tmp_path).verdicts({"direct_attributes/sa_1": reply})
    assert verdicts[0].correct


@given(right=st.sets(st.integers(0, 7)))
def test_a_group_is_right_exactly_when_all_its_items_are(
    tmp_path_factory: pytest.TempPathFactory, right: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("hrbench")
    files.write_tsv(folder / "hr_bench_4k.tsv", files.hrbench_rows())
    benchmark = open_benchmark("hrbench", folder)
    verdicts = benchmark.verdicts(answers(benchmark, lambda key: int(key.removeprefix("4k/")) in right))
    assert all(verdict.correct == (int(verdict.key.removeprefix("4k/")) in right) for verdict in verdicts)
    for verdict in verdicts:
        together = all(other.correct for other in verdicts if other.group == verdict.group)
        assert verdict.group_correct == together
