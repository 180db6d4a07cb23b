"""The doors of usage for programs: posting it, reading its sums and its events."""
