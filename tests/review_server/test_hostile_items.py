"""Items whose texts and images are made to attack who reviews them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from review_process import ThreadServer, thread_server
from review_run import review_item, write_items

from mifg_pipeline.items import GateResult, ImageRef, Item, Verdict
from mifg_pipeline.review.queue import Task
from mifg_pipeline.review.server.views import TaskView
from mifg_pipeline.store import RunFolder
from mifg_pipeline.store.review_rules import ReviewRules, write_rules

TEXTS = [
    "<script>alert(1)</script> Image 1 Image 2",
    "<img src=x onerror=alert(1)> Image 1 Image 2",
    "Image 1 \u202e2 egamI\u202c \u2066hidden\u2069",
    "</script><!--\u2028\u2029\x00\x1b]0;x\x07 Image 1, Image 2",
    "Image 1 and Image 2: " + "ä" * (1 << 20),
]
IDS = ["script", "event handler", "bidi", "control characters", "1 MB"]


@pytest.mark.parametrize("text", TEXTS, ids=IDS)
def test_hostile_text_is_sent_as_data_that_no_browser_runs(run: RunFolder, items: list[Item], text: str) -> None:
    write_items(run, [review_item(0, list(items[0].images), question=text)])
    with thread_server(run, "alice") as server, server.client("alice") as alice:
        answer = alice.post("/api/next", json={})
    assert answer.json()["question"] == text
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")


def test_figures_that_no_json_holds_are_sent_as_null(items: list[Item]) -> None:
    gates = (GateResult(gate="lint", passed=True, figures={"share": float("nan")}),)
    item = items[0].model_copy(update={"verdict": Verdict(gates=gates, people_first=False)})
    view = TaskView.of(Task(item, previous=None, mine=None, adjudication=()), draft=None, expires_in=60)
    assert json.loads(view.model_dump_json())["gates"][0]["figures"] == {"share": None}


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a/*" + b"\x00" * 40 + b"*/=alert(1)",
    ],
    ids=["html", "svg", "gif that is a script"],
)
@pytest.mark.parametrize("path", ["?side=512", "/tile?x=0&y=0&side=64&pixels=64"])
def test_a_file_that_is_no_image_is_never_sent(
    run: RunFolder, items: list[Item], add_image: Callable[[bytes], ImageRef], content: bytes, path: str
) -> None:
    image = add_image(content)
    write_items(run, [review_item(0, [image, items[0].images[1]])])
    with thread_server(run, "alice") as server, server.client("alice") as alice:
        alice.next()
        answer = alice.get(f"/images/{image.sha256}{path}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/json")
    assert b"alert" not in answer.content


REQUESTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/api/items/{id}", None),
    ("GET", "/api/items/{id}/draft", None),
    ("PUT", "/api/items/{id}/draft", {}),
    ("DELETE", "/api/items/{id}/draft", None),
    ("POST", "/api/items/{id}/lease", {}),
    ("POST", "/api/items/{id}/check", {"edits": {}}),
    ("POST", "/api/items/{id}/decision", {"digest": "x", "previous": None, "decision": "accept"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_an_item_of_another_looks_like_one_that_is_not_there(
    server: ThreadServer, method: str, path: str, body: dict[str, Any] | None
) -> None:
    with server.client("alice") as alice, server.client("bob") as bob:
        task = alice.next()
        alice.decide(task)
        of_alice, of_nobody = (bob.request(method, path.format(id=name), json=body) for name in (task["id"], "0" * 32))
    assert of_alice.status_code == 404
    assert of_alice.json() == of_nobody.json()


def test_images_of_items_that_were_not_shown_are_not_there(run: RunFolder, items: list[Item]) -> None:
    write_items(run, [review_item(k, [item.images[k % 2], items[5].images[k + 1]]) for k, item in enumerate(items[:4])])
    with thread_server(run, "alice", "bob") as server, server.client("alice") as alice, server.client("bob") as bob:
        shown = {image["sha256"] for image in alice.next()["images"]}
        others = {image["sha256"] for image in bob.next()["images"]} - shown
        answers = {alice.get(f"/images/{sha256}?side=512").status_code for sha256 in others}
    assert answers == {404}


def test_a_draft_and_the_history_are_nobody_elses(run: RunFolder) -> None:
    write_rules(run, ReviewRules(overlap=1.0))
    with thread_server(run, "alice", "bob") as server, server.client("alice") as alice, server.client("bob") as bob:
        task = alice.next()
        alice.put(f"/api/items/{task['id']}/draft", json={"comment": "secret"})
        alice.delete(f"/api/items/{task['id']}/lease")
        seen = bob.get(f"/api/items/{task['id']}").json()
        assert (seen["draft"], bob.get("/api/history").json()) == (None, [])


def test_a_blind_second_pass_sees_nothing_of_the_first(run: RunFolder) -> None:
    write_rules(run, ReviewRules(overlap=1.0))
    with thread_server(run, "alice", "bob") as server, server.client("alice") as alice, server.client("bob") as bob:
        task = alice.next()
        alice.decide(task, "reject", comment="telling")
        answer = bob.get(f"/api/items/{task['id']}")
        assert (answer.json()["mine"], answer.json()["adjudication"]) == (None, [])
        assert "telling" not in answer.text
