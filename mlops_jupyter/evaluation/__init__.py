"""Evaluation: frames and arrays in, records out. Pure: no registry, no notebook, no clock."""
