"""Stands in for Jenkins: reads what its configuration refers to, as Jenkins does at its start, and serves a page."""

import os
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

configuration = Path(os.environ["CASC_JENKINS_CONFIG"], "jenkins.yaml").read_text()
for path in (*re.findall(r"\$\{readFile:(.*?)\}", configuration), *re.findall(r"- file: (.*)", configuration)):
    Path(path).read_text()
sys.stdout.write(f"configured as code with {os.environ['JAVA_OPTS']}\n")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


HTTPServer(("", 8080), Handler).serve_forever()
