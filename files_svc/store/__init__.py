"""Where blobs and snapshots are kept: one object-store library over memory, local disk and S3."""
