"""What may be spent: periods, scopes, membership, conditions and the ledger."""
