"""Kills, pauses and restarts the real processes at random, and checks from outside what became."""
