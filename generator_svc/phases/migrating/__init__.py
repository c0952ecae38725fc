"""The migration of an iteration: from the parent's tables to the new ones, rows kept."""
