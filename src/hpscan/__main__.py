"""`python -m hpscan`: the same as the console script."""

from hpscan.cli.app import main

if __name__ == "__main__":
    main()
