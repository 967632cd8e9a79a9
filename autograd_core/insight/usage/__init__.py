"""Where time goes, and what holds memory."""
