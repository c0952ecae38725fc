"""The generator: turns a prompt into a spec, and a spec into files, phase by phase."""
