"""Who asks: the session of a request, and for writes the proof that the page itself sends it.

Asynchronous, though nothing is waited for: whatever is not, is handed to a thread.
"""

from typing import Annotated, Final

from fastapi import Depends, Header, Request

from mifg_pipeline.review.server.refusals import RefusalError
from mifg_pipeline.review.server.tokens import Session, Sessions, equal_secrets

CSRF_HEADER: Final = "X-MIFG-CSRF"


async def session_of(request: Request) -> Session:
    """The session of the browser that asks.

    Raises:
        RefusalError: If it has none.
    """
    sessions: Sessions = request.app.state.sessions
    session = sessions.of_cookie(request.cookies.get(request.app.state.cookie, ""))
    if session is None:
        raise RefusalError(401, "This browser is not known here.", "Open the address with your token once more.")
    return session


Reader = Annotated[Session, Depends(session_of)]
"""Who reads."""


async def writer_of(session: Reader, csrf: Annotated[str, Header(alias=CSRF_HEADER)] = "") -> Session:
    """The session of a request that changes something; another site cannot know what the page sends along.

    Raises:
        RefusalError: If the proof is missing or wrong.
    """
    if not equal_secrets(csrf, session.csrf):
        raise RefusalError(403, "The request does not come from the review page.", "Reload the page.")
    return session


Writer = Annotated[Session, Depends(writer_of)]
"""Who writes."""
