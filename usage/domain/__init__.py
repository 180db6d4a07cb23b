"""What happens in usage."""
