"""Forms of carecore's own pages, and the fields that the businesses share."""
