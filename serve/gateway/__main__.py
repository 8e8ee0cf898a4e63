"""`python -m serve.gateway CONFIG`: see serve.gateway.app."""

from serve.gateway.app import main

if __name__ == "__main__":
    main()
