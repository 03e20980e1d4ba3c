"""A review over HTTP: what annotators get, decide, take back and share."""

import io
from datetime import UTC, datetime

import pytest
from full_disk import files_up_to
from PIL import Image
from review_process import ReviewServer, ThreadServer, thread_server
from review_run import review_item, write_items

from mifg_pipeline.items import Item
from mifg_pipeline.store import RunFolder
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.review_records import Judgement
from mifg_pipeline.store.review_rules import ReviewRules, write_rules


def test_a_decision_is_in_the_log_when_the_answer_comes(server: ThreadServer, run: RunFolder) -> None:
    with server.client("alice") as alice:
        event = alice.decide(alice.next(), "reject", reasons=["too-easy"], seconds=2.5).json()["event"]
    (stored,) = EventLog.of(run, "alice").read().events
    assert (stored.id, stored.decision, stored.reasons, stored.seconds) == (event["id"], "reject", ("too-easy",), 2.5)


def test_the_items_run_out(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        decided = 0
        while task := alice.next():
            alice.decide(task)
            decided += 1
        assert (decided, alice.get("/api/progress").json()["open"]) == (6, 0)


def test_the_same_decision_again_gives_the_same_event(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        assert alice.decide(task).json()["event"] == alice.decide(task).json()["event"]


def test_a_decision_after_one_in_another_window_is_answered_with_both(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        alice.decide(task, "accept")
        late = alice.decide(task, "reject", reasons=["too-easy"])
    assert late.status_code == 409
    assert (late.json()["current"]["mine"]["decision"], late.json()["mine"]["decision"]) == ("accept", "reject")


def test_a_decision_on_an_item_that_has_changed_is_answered_with_both(
    server: ThreadServer, run: RunFolder, items: list[Item]
) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        place = next(k for k, item in enumerate(items) if item.id == task["id"])
        other_evidence = items[place].evidence[:1]
        items[place] = review_item(place, list(items[place].images), evidence=other_evidence)
        write_items(run, items)
        late = alice.decide(task)
    assert late.status_code == 409
    assert (late.json()["current"]["digest"], late.json()["mine"]["digest"]) == (items[place].digest, task["digest"])


def test_two_annotators_never_have_the_same_item(server: ThreadServer) -> None:
    with server.client("alice") as alice, server.client("bob") as bob:
        assert alice.next()["id"] != bob.next()["id"]


def test_an_item_that_another_has_is_refused(server: ThreadServer) -> None:
    with server.client("alice") as alice, server.client("bob") as bob:
        refused = bob.get(f"/api/items/{alice.next()['id']}")
    assert (refused.status_code, refused.json()["leased"]) == (409, True)


def test_a_reload_gives_the_same_item(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        assert alice.next()["id"] == alice.next()["id"]


def test_an_item_that_is_given_back_goes_to_another(server: ThreadServer) -> None:
    with server.client("alice") as alice, server.client("bob") as bob:
        task = alice.next()
        alice.delete(f"/api/items/{task['id']}/lease")
        assert bob.next()["id"] == task["id"]


def test_who_comes_back_after_the_lease_and_anothers_decision_has_lost_the_item(run: RunFolder) -> None:
    with (
        thread_server(run, "alice", "bob", lease_seconds=0) as server,
        server.client("alice") as alice,
        server.client("bob") as bob,
    ):
        task = alice.next()
        bob.decide(bob.next())
        lost = [alice.post(f"/api/items/{task['id']}/lease"), alice.decide(task)]
    assert [(answer.status_code, answer.json()["leased"]) for answer in lost] == [(409, True)] * 2


def test_a_lease_and_a_draft_outlive_the_server(process: ReviewServer) -> None:
    with process.client("alice") as alice, process.client("bob") as bob:
        task = alice.next()
        alice.put(f"/api/items/{task['id']}/draft", json={"comment": "half a th"})
        process.kill()
        process.start()
        assert alice.next()["draft"] == {"comment": "half a th"}
        assert bob.next()["id"] != task["id"]


def test_images_of_the_item_at_hand_are_shown_after_a_restart(process: ReviewServer) -> None:
    with process.client("alice") as alice:
        task = alice.next()
        process.kill()
        process.start()
        assert alice.get(f"/images/{task['images'][0]['sha256']}?side=512").status_code == 200


def test_a_decision_ends_its_draft(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        alice.put(f"/api/items/{task['id']}/draft", json={"comment": "c"})
        alice.decide(task)
        assert alice.get(f"/api/items/{task['id']}/draft").json() is None


def test_on_a_full_disk_the_server_is_at_fault_and_nothing_is_half_kept(server: ThreadServer, run: RunFolder) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        with files_up_to(10):
            refused = [
                alice.put(f"/api/items/{task['id']}/draft", json={"comment": "half a thought"}),
                alice.decide(task),
            ]
        assert [(answer.status_code, answer.json()["error"]["remedy"][:15]) for answer in refused] == [
            (507, "Free disk space")
        ] * 2
        assert alice.get(f"/api/items/{task['id']}/draft").json() is None
        assert not EventLog.of(run, "alice").read().events
        assert alice.decide(task).status_code == 200


def test_undo_takes_decisions_back_across_items_one_by_one(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        decided = [alice.next()["id"]]
        alice.decide(alice.next())
        decided.append(alice.next()["id"])
        alice.decide(alice.next())
        undone = [alice.post("/api/undo").json()["item_id"] for _ in decided]
        assert (undone, alice.post("/api/undo").status_code) == (decided[::-1], 204)


def test_the_history_tells_the_latest_decision_first(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        first = alice.next()
        alice.decide(first)
        second = alice.next()
        alice.decide(second, "flag", comment="look")
        rows = alice.get("/api/history", params={"limit": 2}).json()
    assert [(row["item_id"], row["decision"], row["question"]) for row in rows] == [
        (second["id"], "flag", second["question"]),
        (first["id"], "accept", first["question"]),
    ]


def test_upcoming_is_what_comes_next(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        (upcoming,) = alice.get("/api/upcoming").json()
        alice.decide(task)
        assert alice.next()["id"] == upcoming["id"]


def test_edits_are_checked_as_they_are_when_they_are_sent(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        edits = {"evidence": [{"image": 0, "bbox": [0, 0, 99999, 9], "label": ""}]}
        checked = alice.post(f"/api/items/{task['id']}/check", json={"edits": edits})
        sent = alice.decide(task, "edit", edits=edits)
    assert checked.status_code == sent.status_code == 422
    assert checked.json() == sent.json()


def test_valid_edits_are_checked_and_accepted(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        edits = {"evidence": task["evidence"][:1]}
        checked = alice.post(f"/api/items/{task['id']}/check", json={"edits": edits}).json()
        assert checked["changed"]
        assert alice.decide(task, "edit", edits=edits).json()["event"]["decision"] == "edit"


def test_edits_that_change_nothing_are_said_to(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        task = alice.next()
        edits = {"question": task["question"]}
        assert not alice.post(f"/api/items/{task['id']}/check", json={"edits": edits}).json()["changed"]


def test_a_decision_that_lacks_its_reason_says_so(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        refused = alice.decide(alice.next(), "reject")
    assert refused.status_code == 422
    assert "needs one of the reasons" in refused.json()["error"]["problem"]


def test_an_adjudicator_sees_both_decisions_and_no_names(run: RunFolder) -> None:
    write_rules(run, ReviewRules(overlap=1.0, adjudicators=("carol",)))
    with thread_server(run, "alice", "bob", "carol") as server:
        with server.client("alice") as alice:
            task = alice.next()
            alice.decide(task, "accept")
        with server.client("bob") as bob:
            bob.decide(bob.get(f"/api/items/{task['id']}").json(), "reject", reasons=["ambiguous"])
        with server.client("carol") as carol:
            disputed = carol.next()
    opinions = disputed["adjudication"]
    assert [each["who"] for each in opinions] == ["A", "B"]
    assert sorted(each["decision"] for each in opinions) == ["accept", "reject"]


@pytest.mark.parametrize("path", ["?side=512", "/tile?x=0&y=0&side=64&pixels=64"])
def test_an_image_of_the_item_is_shown(server: ThreadServer, path: str) -> None:
    with server.client("alice") as alice:
        image = alice.next()["images"][0]
        answer = alice.get(f"/images/{image['sha256']}{path}")
    assert answer.headers["Content-Type"] in ("image/png", "image/jpeg")
    assert Image.open(io.BytesIO(answer.content)).width == (64 if "tile" in path else image["width"])


def test_images_may_be_kept_by_the_browser_and_nothing_else(server: ThreadServer) -> None:
    with server.client("alice") as alice:
        image = alice.get(f"/images/{alice.next()['images'][0]['sha256']}?side=512")
        progress = alice.get("/api/progress")
    assert ("immutable" in image.headers["Cache-Control"], progress.headers["Cache-Control"]) == (True, "no-store")


def test_decisions_that_a_file_brings_are_seen(server: ThreadServer, run: RunFolder, items: list[Item]) -> None:
    with server.client("alice") as alice:
        judgements = [Judgement(item_id=item.id, item_digest=item.digest, decision="accept") for item in items]
        EventLog.of(run, "bob").append(judgements, datetime.now(UTC))
        assert alice.next() is None
