"""What happened: drawings of the backprop graph."""
