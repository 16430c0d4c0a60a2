"""Stored nodes on S3 (moto's server), all up to date: requests that a second run makes, by operation."""

import collections
import contextlib
import json
import logging
import sys
from pathlib import Path

import boto3
import s3fs
from moto.server import ThreadedMotoServer

import plait

count = int(sys.argv[1])
logging.getLogger("werkzeug").setLevel(logging.ERROR)
requests = collections.Counter()


ask = s3fs.S3FileSystem._call_s3


async def counted(self, method, *arguments, **keywords):
    requests[method] += 1
    return await ask(self, method, *arguments, **keywords)


def increase(x):
    return x + 1


def run(endpoint):
    entries = {
        f"{folder}{i}": {
            "type": "json",
            "path": f"s3://bench/{folder}/{i}.json",
            "fs_args": {"client_kwargs": {"endpoint_url": endpoint}},
            "credentials": "store",
        }
        for folder in ("raw", "made")
        for i in range(count)
    }
    catalog = plait.DataCatalog.from_config(entries, {"store": {"key": "k", "secret": "s"}}, root=Path.cwd())
    if not Path(".plait").exists():
        for i in range(count):
            catalog.save(f"raw{i}", i)
    nodes = [plait.node(increase, f"raw{i}", f"made{i}", name=f"n{i}") for i in range(count)]
    requests.clear()
    return plait.run(plait.pipeline(nodes), catalog, state=".plait")


@contextlib.contextmanager
def store():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="bench")
    yield endpoint
    server.stop()


s3fs.S3FileSystem._call_s3 = counted
with store() as endpoint:
    run(endpoint)
    again = run(endpoint)
assert {item.status for item in again.nodes.values()} == {"skipped"}
print(json.dumps(requests))
