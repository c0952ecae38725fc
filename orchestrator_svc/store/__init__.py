"""Where generations and projects are kept: SQL, behind small interfaces."""
