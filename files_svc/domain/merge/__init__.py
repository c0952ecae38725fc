"""The merge of three trees: what was generated, what stands there now, what is generated anew.

`tree` decides path by path; where both sides changed a file, `content` merges what it holds, level
by level: keys, Python symbols, lines. A conflict keeps OURS and is reported, never marked in a
file.
"""
