"""The verbs of hardship files and visits; pages, admin, imports and commands all call these."""
