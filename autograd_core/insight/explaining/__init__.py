"""``ag.explain(t)``: in plain words and with lines, why a tensor's gradient is what it is, and what holds its graph."""
