"""Tests of the pages: by Django's client, and in a real browser against a real installation."""
