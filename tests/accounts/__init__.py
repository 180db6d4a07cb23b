"""Tests of people, roles and keys."""
