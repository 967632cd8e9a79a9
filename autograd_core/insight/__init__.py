"""Seeing what was computed, and being told what went wrong: graphs, steps, figures, times, explanations, the doctor."""
