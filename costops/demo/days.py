"""When things happened in the demo company, in days before the day that it is loaded."""

from typing import Final

FIRST_DAY: Final = 119
STOPPED_DAY: Final = 50  # the last day of a team that stopped
NEW_TEAM_DAY: Final = 45  # the first day of a new one
MOVE_DAYS: Final = (40, 12)  # from when until when a program goes over to cheaper models
SPIKE_DAY: Final = 33
RENEWAL_DAY: Final = 26  # a vendor's new terms begin
RUNAWAY_DAYS: Final = 19  # since when a program runs away
RUNAWAY_TIMES: Final = 11.0  # what it calls today, times what it did before
