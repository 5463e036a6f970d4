"""The verbs of special funds; pages, admin, imports and commands all call these."""
