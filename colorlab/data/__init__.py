"""Read photographs, pack them into data sets, and draw batches from these. Needs no Keras."""
