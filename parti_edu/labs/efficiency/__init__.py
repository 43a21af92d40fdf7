"""Fewer parameters, better used: initialise, prune, factorise, quantise, distil, augment, measure."""
