"""Tests of pricing: every figure here is written down by hand from a vendor's published table."""
