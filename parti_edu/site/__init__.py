"""The course as pages that need no Python, no network and no server: `make site`."""
