"""The web door: GridBeat's pages in a browser."""

from ui.web import main

main()
