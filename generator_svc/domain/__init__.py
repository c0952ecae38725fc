"""What a spec is and which specs are good: plain Python, no I/O."""
