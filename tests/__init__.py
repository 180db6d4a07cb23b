"""The whole suite, a folder per app."""
