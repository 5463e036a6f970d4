"""The verbs of the rest-and-recuperation year; pages, admin, imports and commands all call these."""
