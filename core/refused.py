"""The one way a business rule says "no"."""


class Refused(Exception):  # noqa: N818 -- a refusal is an answer, not an error
    """A rule forbids what was asked; `message` is the sentence shown to the person who asked.

    `code` is a short stable word for lists and comparisons (for example `limit`, `minimum`, `status`).
    """

    def __init__(self, message: str, code: str = "refused") -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return self.message
