"""Views of hardship files and visits, one module a subject."""
