"""What the tests of people share with those of pages: a browser in which someone is signed in."""

from tests.pages.conftest import no_tries_yet, signed_in, static_files_as_they_are

__all__ = ["no_tries_yet", "signed_in", "static_files_as_they_are"]
