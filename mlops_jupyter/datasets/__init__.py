"""Datasets with a name: save, load, history, documents, contracts. Writes to the registry."""
