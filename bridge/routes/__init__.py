"""Routes: each converts, calls and converts back."""
