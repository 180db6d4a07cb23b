"""`make bench`: measures what the product promises to be quick at, and writes docs/benchmarks.md."""
