"""One module a step, applied in order; a step that was released is never changed."""
