"""Measure how good the colours are, compare ways to colour, and draw the figures that show it."""
