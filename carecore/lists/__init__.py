"""Filters and tables of carecore's own lists, one module a list."""
