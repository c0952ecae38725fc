"""The `backsmith` command: runs the whole system on one machine, and talks to any bridge."""
