"""Texts, votes, prices, motion and privacy: real cases, solved with the loop."""
