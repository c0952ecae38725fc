"""The engines: what turns a spec into files."""
