"""Runs generations: claims them, drives their phases, saves, announces, ends them once."""
