"""API Gateway's HTTP APIs on a loopback port: routes, authorizers and events from the template."""
