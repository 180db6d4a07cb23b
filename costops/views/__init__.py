"""Pages that join the rooms: the overview, the search."""
