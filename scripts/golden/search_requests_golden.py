#!/usr/bin/env python3
"""Writes tests/fault/search_requests_golden.json: what the official Python clients send for the calls that clner makes.

Usage: search_requests_golden.py PRODUCT=PYTHON... > tests/fault/search_requests_golden.json
PRODUCT is es7, es8, es9 (interpreters with that version of `elasticsearch`) or os (with `opensearch-py`). Each client talks to
tests/support/search_server.py, so that the strict server is checked, too.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

SERVER = pathlib.Path(__file__).resolve().parents[2] / "tests/support/search_server.py"
INDEX = "leads"
MAPPINGS = {"properties": {"title": {"type": "text"}, "text": {"type": "text"}}}
DOCUMENTS = [("1", "Acme Robotics", "Acme Robotics is a maker of \u201cindustrial\u201d robots in Lisbon."),
             ("q\u00e9-2", "Zo\u00eb", "Zo\u00eb founded Acme \\ Robotics / \U0001f600.")]
SEARCH = "Zo\u00eb Lisbon"


def call(product, url):
    """In the interpreter of the client: all calls; prints the version of the client."""
    if product == "os":
        import opensearchpy
        client, version = opensearchpy.OpenSearch([url]), opensearchpy.VERSION
        version = ".".join(str(part) for part in version[:3])
    else:
        import elasticsearch
        client, version = elasticsearch.Elasticsearch([url]), ".".join(str(part) for part in elasticsearch.VERSION[:3])
    old = product in ("es7", "os")
    searches = [{"index": INDEX, "search_type": "dfs_query_then_fetch"},
                {"query": {"multi_match": {"query": SEARCH, "fields": ["title", "text"], "type": "most_fields"}},
                 "size": 10, "_source": ["title", "text"]}]
    operations = []
    for key, title, text in DOCUMENTS:
        operations += [{"index": {"_index": INDEX, "_id": key}}, {"title": title, "text": text}]
    client.info()
    client.indices.exists(index=INDEX)
    if old:
        client.indices.create(index=INDEX, body={"mappings": MAPPINGS})
        client.bulk(body=operations)
    else:
        client.indices.create(index=INDEX, mappings=MAPPINGS)
        client.bulk(operations=operations)
    client.indices.refresh(index=INDEX)
    client.count(index=INDEX)
    found = client.msearch(body=searches) if old else client.msearch(searches=searches)
    assert len(found["responses"][0]["hits"]["hits"]) == 2
    print(version)


def record(product, python):
    with tempfile.TemporaryDirectory() as scratch:
        log = pathlib.Path(scratch) / "log"
        with subprocess.Popen([sys.executable, str(SERVER), "--product", product, "--log", str(log)],
                              stderr=subprocess.PIPE, text=True) as server:
            try:
                url = f"http://127.0.0.1:{server.stderr.readline().strip()}"
                version = subprocess.run([python, "-W", "ignore", __file__, "--call", product, url], check=True,
                                         stdout=subprocess.PIPE, text=True).stdout.strip()
            finally:
                server.kill()
        requests = []
        for line in log.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            headers = entry["headers"]
            kept = {"method": entry["method"], "path": entry["path"], "accept": headers.get("accept", ""),
                    "content_type": headers.get("content-type", ""), "body": entry["body"]}
            if kept not in requests:  # the client 7.17 asks twice who is there
                requests.append(kept)
    return {"client": "opensearch-py" if product == "os" else "elasticsearch", "version": version, "requests": requests}


def main():
    if sys.argv[1] == "--call":
        call(sys.argv[2], sys.argv[3])
        return
    clients = {}
    for argument in sys.argv[1:]:
        product, _, python = argument.partition("=")
        clients[product] = record(product, python)
    golden = {"index": INDEX, "documents": DOCUMENTS, "search": SEARCH, "clients": clients}
    print(json.dumps(golden, indent=1, sort_keys=False))


if __name__ == "__main__":
    main()
