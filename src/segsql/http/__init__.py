"""The two public documents' endpoints, and what a client needs beside them (spec 9; docs/http.md).

The way of one request:

    bytes ──bodies, parameters──▶ what is asked ──store──▶ rows ──shapes──▶ JSON ──answers──▶ bytes

- `keys`: what a key looks like, and how one is told from another.
- `calls`: one request, its transaction, and whose key it came with.
- `bodies`, `parameters`: what a client sends; all problems of it at once.
- `reading`, `writing`, `contacts`: one function an endpoint.
- `shapes`: rows as the documents' objects; `answers`: statuses, headers, errors.
- `openapi`: the contract, and the page that shows it.
- `app`: the routes; `server`: the process about them, which ends without cutting off a request.

Needs the extra `segsql[api]`, but for `keys`.
"""
