"""Set figures and numbers from the committed records into one PDF, the report."""
