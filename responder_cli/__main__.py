"""`python -m responder_cli`: the same as `responder`."""

from responder_cli.main import main

if __name__ == "__main__":
    main()
