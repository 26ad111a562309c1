"""`python -m hub.cli`, for who has no `hub` on the path."""

from hub.cli import main

main()
