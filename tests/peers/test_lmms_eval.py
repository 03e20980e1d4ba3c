"""lmms-eval loads our tasks, and scores by them."""

import numpy as np
import pytest
from lmms_eval import tasks as lmms_tasks


@pytest.fixture(scope="module")
def task(exported):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(exported.root)
        manager = lmms_tasks.TaskManager(include_path=str(exported.root / "lmms-eval"), include_defaults=False)
        return lmms_tasks.get_task_dict(["mifg_qa_test"], manager)["mifg_qa_test"]


def test_documents_are_the_items(exported, task):
    assert [doc["id"] for doc in task.test_docs()] == [item.id for item in exported.of_pool("test")]


def test_a_document_shows_its_images_and_asks_its_question(exported, task):
    for item, doc in zip(exported.of_pool("test"), task.test_docs(), strict=True):
        assert all(map(np.array_equal, task.doc_to_visual(doc), exported.pixels_of(item)))
        assert item.question in task.doc_to_text(doc)


def test_the_key_scores_and_nothing_else(task):
    for doc in task.test_docs():
        assert task.process_results(doc, [f"<answer>{task.doc_to_target(doc)}</answer>"]) == {"accuracy": 1.0}
        assert task.process_results(doc, ["<answer>nonsense</answer>"]) == {"accuracy": 0.0}
