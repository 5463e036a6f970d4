"""What one spreadsheet cell says, all parsers in one place.

Each takes the raw value of a cell and returns it typed, or raises CellError with a stable code and a short
Chinese sentence. They refuse rather than guess; an importer asks `blank(raw)` first where a cell may be
empty.
"""

from carecore.sheets.amounts import amount, whole
from carecore.sheets.dates import Month, day, month
from carecore.sheets.errors import CellError
from carecore.sheets.identity import check_digit, id_birthday, id_number, id_sex
from carecore.sheets.texts import blank, person_name, phone, plain, text, yes_no

__all__ = [
    "CellError",
    "Month",
    "amount",
    "blank",
    "check_digit",
    "day",
    "id_birthday",
    "id_number",
    "id_sex",
    "month",
    "person_name",
    "phone",
    "plain",
    "text",
    "whole",
    "yes_no",
]
