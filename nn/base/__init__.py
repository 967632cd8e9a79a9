"""What every module is made of: its members, walks over them, hooks, state dicts, moves between devices."""
