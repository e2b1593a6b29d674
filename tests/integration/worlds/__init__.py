"""For each source a small world to be polled in: `build(folder)` returns settings that switch it on, and its keys."""
