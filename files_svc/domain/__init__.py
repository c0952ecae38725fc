"""What files, paths, snapshots and merges are; no I/O."""
