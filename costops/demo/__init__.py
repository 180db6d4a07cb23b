"""The demo company: its people and budgets, and four months of usage up to now.

``company`` who works there and what they agreed on; ``workloads`` what its programs call; ``calls`` the calls of a day,
by chance with a fixed seed; ``load`` all of it into an empty database.
"""
