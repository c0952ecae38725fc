"""What answers each RPC, by topic: convert, call, convert."""
