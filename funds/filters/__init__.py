"""Filters of special funds, one module a subject."""
