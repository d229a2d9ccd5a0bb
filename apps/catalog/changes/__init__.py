"""What differs between two capsule documents, whom it breaks, and what the contract in force allows.

Pure: documents are plain dicts in canonical form, nothing here reads a database. `classify.classify` finds the
changes, `judge.judge` decides on them, `advice` adds what a plan says beside. Design: breaking-changes.md.
"""
