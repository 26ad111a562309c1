"""What pages and API share: who may open a route, what a request is held to, what is logged."""
