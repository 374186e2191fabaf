"""Programs that try for long what the tests try for moments; docs/reliability.md tells of them."""
