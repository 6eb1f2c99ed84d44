"""Answers what Celery's own multi makes of a command line: JSON lists in, one JSON object out, line by line.

The parser of Celery makes directories while it expands; here it may touch nothing.
"""
import json
import os
import socket
import sys

HOSTNAME = sys.argv[1]
socket.gethostname = lambda: HOSTNAME
os.makedirs = lambda *args, **kwargs: None

from celery.bin.multi import MultiTool  # noqa: E402  (after the patches)


def answer(argv):
    tool = MultiTool(quiet=True)
    parser, cluster = tool._cluster_from_argv(tool._handle_reserved_options(argv))
    return [
        {
            'name': node.name,
            'options': [[name, node.expander(value)] for name, value in node.options.items()],
            'pidfile': node.pidfile,
            'logfile': node.logfile,
            'append': node.append and node.expander(node.append),
            'passthrough': parser.passthrough,
            'argv': list(node.argv),
        }
        for node in cluster
    ]


for line in sys.stdin:
    try:
        reply = {'nodes': answer(json.loads(line))}
    except Exception as exc:
        reply = {'error': repr(exc)}
    print(json.dumps(reply), flush=True)
