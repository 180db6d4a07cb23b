"""The demo company: its people and budgets, and four months of usage up to now.

``people`` who works there; ``plans`` the budgets as they were first agreed on; ``company`` makes them, and what
changed, in the order of time; ``prices`` what vendors agreed to charge; ``workloads`` what its programs call;
``calls`` the calls of a day, by chance with a fixed seed; ``days`` when things happened; ``load`` all of it into an
empty database.
"""
