"""The ground floor: errors, paths, files, progress, backend, devices, provenance. It imports no other folder."""
