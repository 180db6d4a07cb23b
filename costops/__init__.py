"""CostOps: settings, URLs, the Celery app, the API router and the `costops` command."""
