"""Spreadsheets into the register: read, check row by row, show what will happen, commit all or nothing.

The page and the command `import_sheet` run the same code; an importer says what its rows mean.
"""
