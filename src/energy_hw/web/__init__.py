"""HTTP servers: asgi and serve (the base that each stands on), status_json (Teleinfo), p1_rest (P1)."""
