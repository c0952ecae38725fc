"""What the orchestrator knows, as plain values and functions."""
