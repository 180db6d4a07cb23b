"""The plan: the whole tree as it was agreed, as a table that people edit in a spreadsheet and bring back."""
