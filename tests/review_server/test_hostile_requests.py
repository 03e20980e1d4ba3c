"""Requests that are made to break in or to wear the server out."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from raw_http import raw_request, status_of
from review_process import ThreadServer
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from mifg_pipeline.review.server.security import MAX_BODY, Guard
from mifg_pipeline.review.server.slow_heads import TimedHeads

TRAVERSALS = [
    "/images/../../../etc/passwd?side=512",
    "/images/..%2f..%2f..%2fetc%2fpasswd?side=512",
    "/images/%2e%2e/%2e%2e/etc/passwd?side=512",
    "/images//etc/passwd?side=512",
    "/images/" + "0" * 63 + "%00?side=512",
    "/images/..%5c..%5cetc?side=512",
    "/static/../server/serve.py",
    "/static/..%2fserver%2fserve.py",
    "/static//etc/passwd",
    "/static/%2e%2e/records.py",
    "/api/items/..%2f..%2frules.yaml/draft",
    "/api/items/%2e%2e/draft",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_of_a_request_reaches_the_file_system(standing: ThreadServer, path: str) -> None:
    with standing.client("alice") as alice:
        cookie = "; ".join(f"{name}={value}" for name, value in alice.cookies.items())
    answer = raw_request(standing.url, f"GET {path} HTTP/1.1\nHost: {{host}}\nCookie: {cookie}\nConnection: close")
    assert status_of(answer) in (404, 422)
    assert b"root:" not in answer


@pytest.mark.parametrize("side", ["0", "-1", "511", "99999999", "512.0", "x", ""])
def test_images_come_in_four_sizes_only(standing: ThreadServer, side: str) -> None:
    with standing.client("alice") as alice:
        sha256 = alice.next()["images"][0]["sha256"]
        assert alice.get(f"/images/{sha256}", params={"side": side}).status_code == 422


@pytest.mark.parametrize(
    "place",
    [
        {"x": -1},
        {"y": 10**30},
        {"side": 1 << 20},
        {"pixels": 1 << 20},
        {"side": 0},
        {"x": "nan"},
        {"x": 5000},
    ],
)
def test_a_tile_lies_in_its_image_and_is_small(standing: ThreadServer, place: dict[str, object]) -> None:
    with standing.client("alice") as alice:
        sha256 = alice.next()["images"][0]["sha256"]
        params = {"x": 0, "y": 0, "side": 64, "pixels": 64} | place
        assert alice.get(f"/images/{sha256}/tile", params=params).status_code == 422


def test_a_body_that_is_too_long_is_refused(standing: ThreadServer) -> None:
    with standing.client("alice") as alice:
        assert alice.decide(alice.next(), comment="x" * MAX_BODY).status_code == 413


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off(standing: ThreadServer) -> None:
    head = "POST /api/next HTTP/1.1\nHost: {host}\nTransfer-Encoding: chunked\nConnection: close"
    chunks = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert status_of(raw_request(standing.url, head, chunks * 5)) == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"digest": ' + b"9" * 5000 + b"}", b'{"decision": NaN}'],
    ids=["empty", "cut", "list", "null", "not utf-8", "deep", "long number", "nan"],
)
def test_a_body_that_is_no_decision_is_refused_in_words(standing: ThreadServer, body: bytes) -> None:
    with standing.client("alice") as alice:
        answer = alice.post(f"/api/items/{alice.next()['id']}/decision", content=body)
    assert answer.status_code in (400, 422)
    assert set(answer.json()["error"]) == {"problem", "remedy"}


def test_half_a_character_in_a_decision_is_refused(standing: ThreadServer) -> None:
    with standing.client("alice") as alice:
        task = alice.next()
        sent = {"digest": task["digest"], "previous": None, "decision": "accept", "comment": "\ud800"}
        answer = alice.post(f"/api/items/{task['id']}/decision", content=json.dumps(sent).encode())
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/docs", "/redoc", "/api", "/api/items", "/images", "/static", "/static/"]
)
def test_nothing_is_listed(standing: ThreadServer, path: str) -> None:
    with standing.client("alice") as alice:
        assert alice.get(path).status_code in (404, 405)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)


class HastyHeads(TimedHeads):
    head_seconds = 0.3


@contextmanager
def hasty_server() -> Iterator[str]:
    """The same guards as those of the review server, with less patience."""
    app = Guard(echo, host="127.0.0.1", body_seconds=0.3)
    server = uvicorn.Server(uvicorn.Config(app, http=HastyHeads, ws="none", lifespan="off", log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_a_connection_that_says_nothing_is_closed() -> None:
    with hasty_server() as url:
        assert raw_request(url, "", end=b"") == b""


def test_a_head_that_never_ends_is_cut_off() -> None:
    with hasty_server() as url:
        assert raw_request(url, "GET / HTTP/1.1\nHost: {host}\nX-Slow: 1", end=b"\r\n") == b""


def test_a_second_head_that_never_ends_is_cut_off() -> None:
    with hasty_server() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n\r\nlast".encode())
            while not connection.recv(65536).endswith(b"last"):
                pass
            connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: 1\r\n")
            assert connection.recv(65536) == b""


def test_a_body_that_never_ends_is_answered_with_a_time_out() -> None:
    with hasty_server() as url:
        answer = raw_request(url, "POST / HTTP/1.1\nHost: {host}\nContent-Length: 100", b"slow")
    assert status_of(answer) == 408


def test_slow_clients_do_not_keep_others_waiting() -> None:
    with hasty_server() as url:
        place = url.removeprefix("http://").split(":")
        waiting = [socket.create_connection((place[0], int(place[1]))) for _ in range(50)]
        answer = raw_request(url, "POST / HTTP/1.1\nHost: {host}\nContent-Length: 5\nConnection: close", b"quick")
        for connection in waiting:
            connection.close()
    assert answer.endswith(b"quick")
