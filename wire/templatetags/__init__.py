"""How pages write money and times."""
