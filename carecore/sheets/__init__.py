"""Spreadsheets as offices write them and need them: cells, reader, writer, official formats."""
