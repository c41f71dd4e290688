"""Types of the API's JSON answers; docs/openapi.json describes each key."""
