"""The bridge: HTTP and server-sent events for browsers and callers, gRPC behind."""
