"""Content-addressed storage: blobs by SHA-256 and immutable snapshots of them."""
