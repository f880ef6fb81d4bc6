"""The exercises of the notebooks: one file a notebook, with its name. A notebook imports its own as `check`."""
