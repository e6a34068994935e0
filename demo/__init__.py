"""The main job in a few minutes, on generated data."""
