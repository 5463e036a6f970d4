"""Filters of the rest-and-recuperation year, one module a subject."""
