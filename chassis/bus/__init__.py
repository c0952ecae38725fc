"""The bus: an event log, a work queue and a key-value store behind small interfaces."""
