"""What this machine has: its mail logs, and the files that let it read them every hour."""

from bouncelake.machine.files import Written, planned, put
from bouncelake.machine.logs import Log, Machine, look

__all__ = ["Log", "Machine", "Written", "look", "planned", "put"]
