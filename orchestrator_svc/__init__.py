"""Owns generations, projects and versions: runs them to their one true end, and tells how."""
