"""The API keeps to its own description, whatever it is sent: Schemathesis, with real items among what it makes up."""

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from review_process import ReviewClient, thread_server
from review_run import write_review_run
from schemathesis import APIOperation, Case
from schemathesis.checks import load_all_checks, not_a_server_error

from mifg_pipeline.review.server import pages, routes

load_all_checks()

from schemathesis.specs.openapi.checks import (  # noqa: E402 - known after they are loaded
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 40


def described() -> list[APIOperation]:
    """The operations of the API's OpenAPI description."""
    app = FastAPI()
    app.include_router(routes.router)
    app.include_router(pages.router)
    schema = schemathesis.openapi.from_dict(app.openapi())
    return [result.ok() for result in schema.get_all_operations()]


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewClient]:
    run = write_review_run(tmp_path_factory.mktemp("described"), items=6)
    with thread_server(run, "alice") as server, server.client("alice") as client:
        yield client


@pytest.mark.slow
@pytest.mark.parametrize("operation", described(), ids=lambda operation: operation.label)
def test_an_operation_answers_as_described(operation: APIOperation, alice: ReviewClient) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(), is_real=st.booleans())
    def answers_as_described(case: Case, is_real: bool) -> None:
        if is_real:
            name_what_is_there(case, alice)
        headers = {"X-MIFG-CSRF": alice.session["csrf"]}
        case.call_and_validate(
            base_url=str(alice.base_url), headers=headers, cookies=dict(alice.cookies), checks=CHECKS, timeout=20
        )

    answers_as_described()


def name_what_is_there(case: Case, alice: ReviewClient) -> None:
    """Puts an item that Alice has, and one of its images, in the place of what was made up."""
    task = alice.next()
    if task is None:
        alice.post("/api/undo")
        task = alice.next()
    assert task
    real = {"item_id": task["id"], "sha256": task["images"][0]["sha256"]}
    case.path_parameters = {name: real[name] for name in case.path_parameters or {}}
    if isinstance(case.body, dict) and "digest" in case.body:
        case.body |= {"digest": task["digest"], "previous": task["previous"]}
