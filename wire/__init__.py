"""How CostOps talks: money, times, errors, lists, idempotency and request limits, the same at every door."""
