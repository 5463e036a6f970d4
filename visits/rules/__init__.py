"""Pure checks over facts, usage and limits: preview and commit share them."""
