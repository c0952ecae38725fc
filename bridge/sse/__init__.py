"""Streams of server-sent events: one source a stream, encoded once, shared by all its viewers."""
