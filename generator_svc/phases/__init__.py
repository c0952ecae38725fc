"""The six phases: what each renders, in order."""
