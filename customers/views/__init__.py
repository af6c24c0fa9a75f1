"""Customers: the list and the profile, merging, likely duplicates, anonymizing."""
