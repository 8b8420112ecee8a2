"""Definitions as files, beside what they compile to or what is wrong with them."""
