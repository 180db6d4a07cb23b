"""The processes of one installation: who runs them, who restarts them, and how none is left behind.

`up` runs everything; `keeper` runs only the embedded servers, for as long as a command needs them.
"""
