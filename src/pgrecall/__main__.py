"""``python -m pgrecall``: the command, where its script is not on the path."""

from pgrecall.cli import main

if __name__ == "__main__":
    main()
