"""The networks: their layers, their losses, their weights files, and the trained ones that ship."""
