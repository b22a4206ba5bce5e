"""The parts of `benches/run.py`: standard library only."""
