"""Contracts: what data must be like. Frames and profiles in, records out."""
