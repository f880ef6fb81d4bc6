"""Training: a recipe and a data set in, a run folder out; an interrupted run resumes exactly."""
