"""Only the page itself may ask and write: hosts, origins, sessions, proofs against forgery."""

from typing import Any

import httpx
import pytest
from review_process import ReviewServer, ThreadServer, token_of
from starlette.datastructures import Headers

from mifg_pipeline.review.server.refusals import RefusalError
from mifg_pipeline.review.server.security import require_own_site

WRITES = [
    ("POST", "/api/next"),
    ("POST", "/api/undo"),
    ("POST", "/api/items/{id}/lease"),
    ("DELETE", "/api/items/{id}/lease"),
    ("POST", "/api/items/{id}/decision"),
    ("POST", "/api/items/{id}/check"),
    ("PUT", "/api/items/{id}/draft"),
    ("DELETE", "/api/items/{id}/draft"),
]
READS = ["/api/session", "/api/upcoming", "/api/history", "/api/progress", "/guideline", "/static/main.js"]


def passes(listens_on: str, host: str, origin: str | None = None) -> bool:
    try:
        require_own_site(Headers({"host": host} | ({"origin": origin} if origin else {})), listens_on)
    except RefusalError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "localhost"])
def test_a_server_on_loopback_goes_by_the_names_of_loopback(host: str) -> None:
    assert passes("127.0.0.1", host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "192.0.2.1",
        "",
        "a@localhost",
        "localhost/x",
        "[::1",
    ],
)
def test_a_server_on_loopback_goes_by_no_other_name(host: str) -> None:
    assert not passes("127.0.0.1", host)


def test_a_server_on_all_addresses_goes_by_their_numbers_and_not_by_foreign_names() -> None:
    assert passes("0.0.0.0", "192.0.2.1:8000")
    assert not passes("0.0.0.0", "evil.example:8000")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://", "http://127.0.0.1"])
def test_another_origin_does_not_pass(origin: str) -> None:
    assert not passes("127.0.0.1", "127.0.0.1:8000", origin)


def test_a_name_that_was_rebound_to_this_machine_is_refused(standing: ThreadServer) -> None:
    with standing.client("alice") as alice:
        assert alice.get("/api/session", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_another_site_writes_nothing_even_with_the_session(standing: ThreadServer, method: str, path: str) -> None:
    with standing.client("alice") as alice:
        address = path.format(id=alice.next()["id"])
        assert alice.request(method, address, headers={"Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("proof", ["", "wrong", "ä"])
def test_nothing_is_written_without_the_proof(standing: ThreadServer, method: str, path: str, proof: str) -> None:
    body: dict[str, Any] = {"digest": "", "previous": None, "decision": "accept", "edits": {}}
    with standing.client("alice") as alice:
        address = path.format(id=alice.next()["id"])
        headers = {"X-MIFG-CSRF": proof.encode()}
        assert alice.request(method, address, json=body, headers=headers).status_code == 403


def test_the_proof_of_another_annotator_is_none(standing: ThreadServer) -> None:
    with standing.client("alice") as alice, standing.client("bob") as bob:
        assert alice.post("/api/next", headers={"X-MIFG-CSRF": bob.session["csrf"]}).status_code == 403


@pytest.mark.parametrize("path", [*READS, f"/images/{'0' * 64}?side=512", "/api/items/x", "/api/items/x/draft"])
def test_nobody_reads_without_a_session(standing: ThreadServer, path: str) -> None:
    assert httpx.get(standing.url + path).status_code == 401


def test_a_wrong_token_opens_no_session(standing: ThreadServer) -> None:
    answer = httpx.get(standing.url, params={"token": "wrong"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


def test_the_token_leaves_the_address_at_the_first_visit(standing: ThreadServer) -> None:
    answer = httpx.get(standing.url, params={"token": token_of("alice")})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert token_of("alice") not in str(answer.headers)


@pytest.mark.parametrize("attribute", ["HttpOnly", "SameSite=strict", "Path=/"])
def test_no_script_and_no_other_site_gets_the_cookie(standing: ThreadServer, attribute: str) -> None:
    assert attribute in httpx.get(standing.url, params={"token": token_of("alice")}).headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/api/session", "/api/none", "/static/main.js", "/%00"])
def test_every_answer_binds_the_browser(standing: ThreadServer, path: str) -> None:
    with standing.client("alice") as alice:
        for answer in (alice.get(path), httpx.get(standing.url + path), alice.get(path, headers={"Host": "evil"})):
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == (
                "nosniff",
                "no-referrer",
            )


def test_no_token_is_ever_logged(process: ReviewServer) -> None:
    with process.client("alice") as alice:
        alice.get("/", params={"token": token_of("bob")})
        alice.get("/", params={"token": token_of("bob"), "x": "\n"}, headers={"Host": "evil.example"})
        alice.get(f"/api/{token_of('bob')}")
        alice.post(f"/api/next?token={token_of('bob')}", content=b"{")
    process.process.terminate()
    printed, _ = process.process.communicate()
    assert "token-that-is-long-enough" not in printed + process.log.read_text()
