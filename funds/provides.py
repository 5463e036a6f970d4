"""What special funds contribute to desk, navigation, timelines and checks."""

from carecore.registry import Provides
from funds.checks import CHECKS

PROVIDES = Provides(checks=CHECKS)
