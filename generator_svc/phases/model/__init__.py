"""The typed model between a spec and its templates: every name, type and value resolved once."""
