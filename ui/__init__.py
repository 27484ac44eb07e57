"""What people look at: pages, maps, words, the terminal door."""
