"""What happens in accounts."""
