"""The page, as files to serve."""
