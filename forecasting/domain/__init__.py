"""What forecasting does: a module per idea. Only `engine` imports statsforecast, and only workers import `engine`."""
