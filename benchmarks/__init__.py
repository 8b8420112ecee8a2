"""Loads of a known size, and what segsql makes of them beside what a user would write instead."""
