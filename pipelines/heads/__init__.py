"""The heads that can be compared, one a file; `heads` is their registry."""
