"""What the server refuses, as errors with a status; the body of each says what is wrong and what to do."""

from typing import Any

from mifg_pipeline.errors import MifgError


class RefusalError(MifgError):
    """A request that is not granted.

    Attributes:
        status: HTTP status of the answer.
        further: Fields of the answer beside ``error``.
    """

    def __init__(self, status: int, problem: str, remedy: str, **further: Any) -> None:
        super().__init__(problem, remedy)
        self.status = status
        self.further = further


def error_body(error: MifgError) -> dict[str, Any]:
    """The body of the answer to a request that failed."""
    return {"error": {"problem": error.problem, "remedy": error.remedy}}


def unknown_item() -> RefusalError:
    """For an item that is not there, or is none of this annotator's: the answer does not tell which."""
    return RefusalError(404, "No such item is assigned to you.", "Go on with the next one.")


def lost_item() -> RefusalError:
    """For an item that the annotator had, and that somebody else has now."""
    return RefusalError(409, "Somebody else has this item now.", "Go on with the next one.", leased=True)
