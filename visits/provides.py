"""What hardship files and visits contribute to desk, navigation, timelines and checks."""

from carecore.registry import Provides

PROVIDES = Provides()
