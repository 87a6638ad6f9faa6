#!/usr/bin/env python3
"""A search server for tests: the part of OpenSearch and Elasticsearch that clner uses, strict, with faults on request.

  search_server.py --product es7|es7old|es8|es9|os [--fault NAME] [--auth HEADER] [--log FILE] [--cert FILE --key FILE]

Prints its port on standard error. Every request is one JSON line of the log. Scores are the numbers of words that agree;
everything else (paths, media types, headers, forms of answers and errors) follows the documentation of the products.
"""

import argparse
import gzip
import http.server
import json
import re
import ssl
import sys
import threading
import time

MAX_CLAUSES = 1024
VERSIONS = {"es7": "7.17.28", "es7old": "7.10.2", "es8": "8.19.3", "es9": "9.1.0", "os": "2.19.1"}
COMPATIBLE = {"es8": 8, "es9": 9}
PAGE = b"<html><body><form>Please log in</form></body></html>"


def words(text):
    return re.findall(r"\w+", text.lower())


class Refusal(Exception):
    def __init__(self, status, kind, reason):
        super().__init__(reason)
        self.status, self.kind, self.reason = status, kind, reason

    def body(self):
        error = {"type": self.kind, "reason": self.reason}
        return {"error": {"root_cause": [error], **error}, "status": self.status}


class Store:
    """The indices, and how many requests there have been of each kind."""

    def __init__(self):
        self.lock = threading.Lock()
        self.indices = {}
        self.seen = {}

    def count(self, what):
        with self.lock:
            self.seen[what] = self.seen.get(what, 0) + 1
            return self.seen[what]


def query_texts(query):
    """Pairs (field, text) of a match or a multi_match."""
    if set(query) == {"match"} and len(query["match"]) == 1:
        return [(field, text) for field, text in query["match"].items()]
    if set(query) == {"multi_match"} and set(query["multi_match"]) == {"query", "fields", "type"}:
        inner = query["multi_match"]
        if inner["type"] != "most_fields":
            raise Refusal(400, "parsing_exception", "unknown type of multi_match")
        return [(field, inner["query"]) for field in inner["fields"]]
    raise Refusal(400, "parsing_exception", "unknown query [" + ",".join(query) + "]")


def search(store, header, body, partial):
    if not set(header) <= {"index", "search_type"} or header.get("search_type") != "dfs_query_then_fetch":
        raise Refusal(400, "illegal_argument_exception", "unknown key in the header of a search")
    if set(body) != {"query", "size", "_source"}:
        raise Refusal(400, "parsing_exception", "unknown key in the body")
    if not isinstance(body["size"], int) or not 0 <= body["size"] <= 10000:
        raise Refusal(400, "illegal_argument_exception", "Result window is too large")
    name = header["index"]
    if name not in store.indices:
        raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
    texts = query_texts(body["query"])
    if sum(len(words(text)) for _, text in texts) > MAX_CLAUSES:
        raise Refusal(400, "too_many_clauses", f"maxClauseCount is set to {MAX_CLAUSES}")
    hits = []
    for key, source in store.indices[name].items():
        score = sum(words(str(source.get(field, ""))).count(word) for field, text in texts for word in words(text))
        if score > 0:
            kept = {field: source[field] for field in body["_source"] if field in source}
            hits.append({"_index": name, "_id": key, "_score": float(score), "_source": kept})
    hits.sort(key=lambda hit: -hit["_score"])
    failed = 1 if partial == "shards" else 0
    return {"took": 1, "timed_out": partial == "timed_out",
            "_shards": {"total": 2, "successful": 2 - failed, "skipped": 0, "failed": failed},
            "hits": {"total": {"value": len(hits), "relation": "eq"}, "max_score": hits[0]["_score"] if hits else None,
                     "hits": hits[:body["size"]]},
            "status": 200}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options = None
    store = None
    log_lock = threading.Lock()

    def log_message(self, *_):
        pass

    def handle_request(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if self.options.log:
            entry = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                     "body": body.decode("utf-8")}
            with self.log_lock, open(self.options.log, "a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
        try:
            if self.fault_answer():
                return
            if self.options.auth and self.headers.get("authorization") != self.options.auth:
                raise Refusal(401, "security_exception", "missing authentication credentials")
            self.check_media_types(body)
            self.answer(200, self.route(body))
        except Refusal as refusal:
            self.answer(refusal.status, refusal.body())

    do_GET = do_HEAD = do_POST = do_PUT = handle_request

    def check_media_types(self, body):
        major = COMPATIBLE.get(self.options.product)
        lines = self.path.split("?")[0].endswith(("_msearch", "_bulk"))
        plain = {"application/x-ndjson", "application/json"} if lines else {"application/json"}
        kinds = {self.headers.get("accept") or "application/json"}
        if body:
            kinds.add(self.headers.get("content-type") or "none")
            vendor = f"application/vnd.elasticsearch+{'x-ndjson' if lines else 'json'}; compatible-with={major}"
            if self.headers.get("content-type") not in plain | ({vendor} if major else set()):
                raise Refusal(406, "media_type_header_exception", "Content-Type header is not supported")
        if len({"compatible-with" in kind for kind in kinds}) > 1 and self.path != "/":
            raise Refusal(400, "media_type_header_exception", "A compatible version is required on both headers")
        for kind in kinds:
            if "compatible-with" in kind and not kind.endswith(f"compatible-with={major}"):
                raise Refusal(400, "media_type_header_exception", "Invalid media-type value")

    def lines_of(self, body):
        if not body.endswith(b"\n"):
            raise Refusal(400, "illegal_argument_exception", "The request must be terminated by a newline [\\n]")
        return [json.loads(line) for line in body.decode("utf-8").split("\n")[:-1]]

    def route(self, body):
        path, fault = self.path, self.options.fault
        if path == "/" and self.command == "GET":
            return self.description()
        if path == "/_msearch" and self.command == "POST":
            return self.msearch(self.lines_of(body), fault)
        if path == "/_bulk" and self.command in ("POST", "PUT"):
            return self.bulk(self.lines_of(body), fault)
        name, _, action = path[1:].partition("/")
        if action == "" and self.command == "HEAD":
            if name not in self.store.indices:
                raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
            return {}
        if action == "" and self.command == "PUT":
            if set(json.loads(body)) != {"mappings"}:
                raise Refusal(400, "parse_exception", "unknown key for create index")
            if self.store.indices.setdefault(name, {}):
                raise Refusal(400, "resource_already_exists_exception", f"index [{name}] already exists")
            return {"acknowledged": True, "shards_acknowledged": True, "index": name}
        if name not in self.store.indices:
            raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
        if action == "_count" and self.command in ("GET", "POST"):
            return {"count": len(self.store.indices[name]), "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0}}
        if action == "_refresh" and self.command == "POST":
            return {"_shards": {"total": 2, "successful": 1, "failed": 0}}
        raise Refusal(405, "illegal_argument_exception", f"no handler for {self.command} {path}")

    def description(self):
        version = {"number": VERSIONS[self.options.product], "lucene_version": "9.12.0"}
        if self.options.product == "os":
            return {"name": "n", "cluster_name": "c", "version": {"distribution": "opensearch", **version},
                    "tagline": "The OpenSearch Project: https://opensearch.org/"}
        return {"name": "n", "cluster_name": "c", "version": {**version, "build_flavor": "default"},
                "tagline": "You Know, for Search"}

    def msearch(self, lines, fault):
        answers = []
        for header, body in zip(lines[::2], lines[1::2]):
            try:
                if fault == "search_busy" and self.store.count("search") <= 2:
                    raise Refusal(429, "es_rejected_execution_exception", "rejected execution")
                answers.append(search(self.store, header, body, fault))
            except Refusal as refusal:
                answers.append(refusal.body())
        if fault == "answer_missing":
            answers.pop()
        if fault == "large_together" and len(answers) > 1:
            return {"took": 1, "responses": answers, "padding": "x" * (65 << 20)}
        return {"took": 1, "responses": answers}

    def bulk(self, lines, fault):
        items, errors = [], False
        if fault == "too_large" and len(lines) > 2:
            raise Refusal(413, "content_too_large", "too large")
        for action, source in zip(lines[::2], lines[1::2]):
            if set(action) != {"index"} or set(action["index"]) != {"_index", "_id"}:
                raise Refusal(400, "illegal_argument_exception", "Malformed action/metadata line")
            name, key = action["index"]["_index"], action["index"]["_id"]
            if len(key.encode("utf-8")) > 512:
                raise Refusal(400, "illegal_argument_exception", "id is too long, must be no longer than 512 bytes")
            item = {"_index": name, "_id": key, "status": 201}
            if fault == "bulk_busy" and self.store.count(key) == 1 and key.endswith("1"):
                item.update(status=429, error={"type": "es_rejected_execution_exception", "reason": "rejected execution"})
            elif fault == "bulk_busy_forever":
                item.update(status=503, error={"type": "unavailable_shards_exception", "reason": "primary shard is not active"})
            elif "poison" in source["text"]:
                item.update(status=400, error={"type": "mapper_parsing_exception", "reason": "failed to parse \x1b[31m"})
            else:
                known = key in self.store.indices.setdefault(name, {})
                item.update(status=200 if known else 201, result="updated" if known else "created")
                self.store.indices[name][key] = source
            errors = errors or "error" in item
            items.append({"index": item})
        if fault == "item_missing":
            items.pop()
        return {"took": 1, "errors": errors, "items": items}

    def fault_answer(self):
        """Answers with the chosen fault; False when the request is to be answered as usual."""
        fault = self.options.fault
        if fault == "forbidden":
            raise Refusal(403, "security_exception", "action is unauthorized for user")
        if fault == "busy" and self.store.count("request") <= 2:
            self.answer(429, Refusal(429, "circuit_breaking_exception", "too many requests").body(), {"Retry-After": "0"})
        elif fault == "busy_forever":
            self.raw(503, "application/json", b"{}")
        elif fault == "retry_tomorrow":
            self.raw(503, "application/json", b"{}", {"Retry-After": "86400"})
        elif fault == "slow":
            self.start(200, "application/json", 1000)
            for _ in range(1000):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        elif fault == "half_json":
            self.raw(200, "application/json", b'{"version": {"num')
        elif fault == "cut":
            self.start(200, "application/json", 1000)
            self.wfile.write(b'{"version"')
            self.close_connection = True
        elif fault == "html":
            self.raw(200, "text/html; charset=utf-8", PAGE)
        elif fault == "html_as_json":
            self.raw(200, "application/json", PAGE)
        elif fault == "other_json":
            self.raw(200, "application/json", b'{"hello": "world"}')
        elif fault == "old":
            self.raw(200, "application/json", b'{"version": {"number": "6.8.23"}}', {"X-Elastic-Product": "Elasticsearch"})
        elif fault and fault.startswith("redirect:"):
            self.raw(302, "text/plain", b"", {"Location": fault.partition(":")[2] + self.path})
        elif fault == "endless":
            self.start(200, "application/json", None)
            block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
            while True:
                self.wfile.write(block)
        elif fault == "endless_header":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                self.wfile.write(b"X-Padding: " + b"x" * 1000 + b"\r\n")
        elif fault == "bomb":
            self.raw(200, "application/json", gzip.compress(b" " * (100 << 20), 1), {"Content-Encoding": "gzip"})
        elif fault == "gzip_tail":
            self.raw(200, "application/json", gzip.compress(b"{}") + b"tail", {"Content-Encoding": "gzip"})
        elif fault == "bad_gzip":
            self.raw(200, "application/json", b"{}", {"Content-Encoding": "gzip"})
        else:
            return False
        return True

    def start(self, status, kind, length, more=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def raw(self, status, kind, body, more=None):
        self.start(status, kind, len(body), more)
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self, status, value, more=None):
        body = json.dumps(value).encode("utf-8")
        headers = dict(more or {})
        if self.options.product in ("es7", "es8", "es9"):
            headers["X-Elastic-Product"] = "Elasticsearch"
        kind = self.headers.get("accept") or "application/json; charset=UTF-8"
        kind = kind.replace("; ", ";") if "compatible-with" in kind else "application/json; charset=UTF-8"
        if "gzip" in (self.headers.get("accept-encoding") or "") and self.options.fault == "gzip":
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        self.raw(status, kind, body, headers)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass  # clients that go away are what is tested


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--product", choices=sorted(VERSIONS), default="es8")
    for name in ("--fault", "--auth", "--log", "--cert", "--key"):
        parser.add_argument(name)
    Handler.options = parser.parse_args()
    Handler.store = Store()
    server = Server(("127.0.0.1", 0), Handler)
    if Handler.options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Handler.options.cert, Handler.options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
