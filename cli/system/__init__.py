"""The whole system as processes of one machine, their data in one folder."""
