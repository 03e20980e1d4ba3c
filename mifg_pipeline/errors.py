"""The one exception that users see: what is wrong, and what to do about it."""


class MifgError(Exception):
    """A mistake or mishap that a user can mend.

    The command line prints it without a traceback and exits 1.

    Args:
        problem: What is wrong and where, in one sentence.
        remedy: What to do about it, in one sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["MifgError"], tuple[str, str]]:
        """Pickles across the worker processes with both parts."""
        return (type(self), (self.problem, self.remedy))
