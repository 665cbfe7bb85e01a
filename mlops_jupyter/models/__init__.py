"""Models: the registry with evidence, aliases, gates, approvals, memory."""
