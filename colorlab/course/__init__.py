"""The notebooks: their parameters, how they are executed, and what is checked before one is committed."""
