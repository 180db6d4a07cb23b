"""How pages speak of people."""
