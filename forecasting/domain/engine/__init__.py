"""The engine: fits models to a history of days. Imported by workers and commands alone, never by the web server."""
