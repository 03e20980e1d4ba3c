"""The routes of items, decisions and drafts: each names who asks, asks the desk, and answers."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from mifg_pipeline.review.progress import Progress
from mifg_pipeline.review.queue import StaleDecisionError, Task
from mifg_pipeline.review.records import REASON_LABELS
from mifg_pipeline.review.server import views
from mifg_pipeline.review.server.access import Reader, Writer
from mifg_pipeline.review.server.answers import json_answer, nothing, record_answer
from mifg_pipeline.review.server.desk import Desk
from mifg_pipeline.review.server.refusals import RefusalError, error_body
from mifg_pipeline.store.review_records import Judgement, validation_problems

_Responses = dict[int | str, dict[str, Any]]

_REFUSED: Final[_Responses] = {
    status: {"model": views.Failure, "description": description}
    for status, description in (
        (400, "The request cannot be read"),
        (401, "No session"),
        (403, "Another site, or no proof that the page sent it"),
        (404, "Not assigned to this annotator"),
        (413, "Too long"),
        (422, "Not valid"),
        (507, "The disk is full, or a folder cannot be written to"),
    )
}
_LOST: Final[_Responses] = {409: {"model": views.LostLease, "description": "Somebody else has the item"}}
_STALE: Final[_Responses] = {
    409: {"model": views.StaleView | views.LostLease, "description": "Changed since, or somebody else has the item"}
}
_DONE: Final[_Responses] = {204: {"description": "Done"}}
_NOTHING: Final[_Responses] = {204: {"description": "There is nothing"}}

router = APIRouter(prefix="/api", responses=_REFUSED)

ItemId = Annotated[str, Path(max_length=64)]


async def desk_of(request: Request) -> Desk:
    """The desk that this server is."""
    desk: Desk = request.app.state.desk
    return desk


async def body_of(request: Request) -> bytes:
    """The body as it was sent."""
    return await request.body()


AtDesk = Annotated[Desk, Depends(desk_of)]
Body = Annotated[bytes, Depends(body_of)]


def _shows(model: Any) -> _Responses:
    return {200: {"model": model}}


@router.get("/session", responses=_shows(views.SessionView))
def session(reader: Reader, desk: AtDesk) -> Response:
    """Who reviews what, and what the page has to know beforehand."""
    view = views.SessionView(
        annotator=reader.annotator,
        run=desk.run.root.resolve().name,
        csrf=reader.csrf,
        reasons=tuple(views.ReasonView(value=name, label=label) for name, label in REASON_LABELS.items()),
        lease_seconds=desk.leases.seconds,
        can_adjudicate=desk.is_adjudicator(reader.annotator),
    )
    return record_answer(view)


@router.post("/next", responses=_shows(views.TaskView) | _NOTHING)
def next_item(writer: Writer, desk: AtDesk) -> Response:
    """The item to decide next, leased."""
    task = desk.next(writer.annotator)
    return nothing() if task is None else record_answer(_task_view(desk, writer.annotator, task))


@router.get("/upcoming", responses=_shows(list[views.UpcomingView]))
def upcoming(reader: Reader, desk: AtDesk, count: Annotated[int, Query(ge=1, le=8)] = 1) -> Response:
    """The items after that, to fetch their images ahead; not leased."""
    items = desk.upcoming(reader.annotator, count)
    found = [views.UpcomingView(id=item.id, images=tuple(map(views.ImageView.of, item.images))) for item in items]
    return json_answer([view.model_dump(mode="json") for view in found])


@router.get("/items/{item_id}", responses=_shows(views.TaskView) | _LOST)
def item(item_id: ItemId, reader: Reader, desk: AtDesk) -> Response:
    """One item, leased if it waits for a decision."""
    return record_answer(_task_view(desk, reader.annotator, desk.look(reader.annotator, item_id)))


@router.post("/items/{item_id}/lease", responses=_shows(views.LeaseView) | _LOST)
def keep(item_id: ItemId, writer: Writer, desk: AtDesk) -> Response:
    """Renews the lease."""
    return record_answer(views.LeaseView(expires_in=desk.keep(writer.annotator, item_id)))


@router.delete("/items/{item_id}/lease", status_code=204, responses=_DONE)
def release(item_id: ItemId, writer: Writer, desk: AtDesk) -> Response:
    """Gives the item back."""
    desk.leases.release(writer.annotator, item_id)
    return nothing()


@router.post("/items/{item_id}/decision", responses=_shows(views.DecidedView) | _STALE)
def decide(item_id: ItemId, sent: views.SentDecision, writer: Writer, desk: AtDesk) -> Response:
    """Stores a decision; it is on disk when the answer comes. The same again changes nothing."""
    judgement = _judgement(sent, item_id)
    try:
        event, progress = desk.decide(writer.annotator, judgement, sent.previous)
    except StaleDecisionError as error:
        current = _task_view(desk, writer.annotator, desk.look(writer.annotator, item_id))
        both = {"current": current.model_dump(mode="json"), "mine": sent.model_dump(mode="json")}
        return json_answer({**error_body(error), **both}, 409)
    return record_answer(views.DecidedView(event=event, progress=progress))


@router.post("/items/{item_id}/check", responses=_shows(views.CheckedView) | _LOST)
def check(item_id: ItemId, sent: views.SentEdits, writer: Writer, desk: AtDesk) -> Response:
    """What edits make of the item; stores nothing."""
    edited, changed = desk.check(writer.annotator, item_id, sent.edits)
    return record_answer(views.CheckedView(answer_text=edited.answer_text(), digest=edited.digest, changed=changed))


@router.get("/items/{item_id}/draft", responses=_shows(Any) | _LOST)
def draft(item_id: ItemId, reader: Reader, desk: AtDesk) -> Response:
    """What was filled in and not yet decided."""
    return json_answer(desk.draft(reader.annotator, item_id))


_ANY_JSON: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


@router.put("/items/{item_id}/draft", status_code=204, responses=_DONE | _LOST, openapi_extra=_ANY_JSON)
def keep_draft(item_id: ItemId, content: Body, writer: Writer, desk: AtDesk) -> Response:
    """Keeps what was filled in."""
    desk.keep_draft(writer.annotator, item_id, content)
    return nothing()


@router.delete("/items/{item_id}/draft", status_code=204, responses=_DONE | _LOST)
def drop_draft(item_id: ItemId, writer: Writer, desk: AtDesk) -> Response:
    """Forgets what was filled in."""
    desk.drop_draft(writer.annotator, item_id)
    return nothing()


@router.post("/undo", responses=_shows(views.UndoneView) | _NOTHING)
def undo(writer: Writer, desk: AtDesk) -> Response:
    """Takes back the last decision that counts, whichever item it was on."""
    item_id = desk.undo(writer.annotator)
    return nothing() if item_id is None else record_answer(views.UndoneView(item_id=item_id))


@router.get("/history", responses=_shows(list[views.HistoryView]))
def history(reader: Reader, desk: AtDesk, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
    """What was decided, newest first."""
    found = [
        views.HistoryView(
            item_id=event.item_id,
            decision=event.decision,
            reasons=event.reasons,
            time=event.time,
            question=item.question if item is not None else "",
        )
        for event, item in desk.history(reader.annotator, limit)
    ]
    return json_answer([view.model_dump(mode="json") for view in found])


@router.get("/progress", responses=_shows(Progress))
def progress(reader: Reader, desk: AtDesk) -> Response:
    """How far the annotator is, and how fast."""
    return record_answer(desk.progress(reader.annotator))


def _task_view(desk: Desk, annotator: str, task: Task) -> views.TaskView:
    return views.TaskView.of(task, desk.draft(annotator, task.item.id), desk.leases.seconds)


def _judgement(sent: views.SentDecision, item_id: str) -> Judgement:
    try:
        return sent.judgement(item_id)
    except ValidationError as error:
        raise RefusalError(
            422, f"The decision is not complete: {validation_problems(error)}.", "Fill it in."
        ) from error
