"""The loop over several processes: what is divided, what must be sent, what happens when one dies."""
