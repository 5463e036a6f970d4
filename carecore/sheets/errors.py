"""The two refusals of the sheets package: one cell, or the whole file."""


class SheetError(Exception):
    """A refusal with a stable ASCII code and a Chinese message for the person who filed the sheet."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class CellError(SheetError):
    """One cell cannot be taken as what its column says."""


class UnreadableFile(SheetError):
    """The file as a whole cannot be read; nothing of it is taken."""
