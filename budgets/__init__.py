"""What may be spent? Tree, scope, periods, spend per budget, facts and conditions."""
