"""From a page of metrics to a real Prometheus: the collector script, node_exporter and a server
of the page itself, each scraped, with our rules loaded.

usage: stack.py METRICS-SCRIPT RULES FOLDER

FOLDER has a program `wifibond` that prints the page, and is for all else that is made. Printed is
JSON: what Prometheus' API says of rules, targets and series. Everything listens on 127.0.0.1 and
ends with this.
"""
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

script, rules, folder = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])
LIMIT = 60


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = subprocess.run([folder / "wifibond", "status", "--metrics"], check=True, capture_output=True).stdout
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ask(port, path, **words):
    query = urllib.parse.urlencode(words)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}?{query}", timeout=5) as answer:
        return json.load(answer)["data"]


def wait(port):
    """Until both have been scraped and the rules evaluated."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            seen = {one["metric"]["job"] for one in ask(port, "query", query="wifibond_online")["result"]}
            groups = ask(port, "rules")["groups"]
            judged = groups and all(rule["lastEvaluation"][:4] > "0001" for g in groups for rule in g["rules"])
            if seen == {"node", "direct"} and judged:
                return
        except OSError:
            pass  # it is starting
        time.sleep(0.2)
    raise SystemExit(f"nothing within {LIMIT} s: {(folder / 'log').read_text()[-3000:]}")


def main():
    collected = folder / "collected"
    collected.mkdir()
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    subprocess.run([script, collected / "wifibond.prom"], check=True, env=environment)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    node, port = free_port(), free_port()
    (folder / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{at}"]}]}
                           for name, at in (("node", node), ("direct", server.server_port))],
    }))
    with open(folder / "log", "w", encoding="utf-8") as log:
        commands = [
            ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{node}", "--collector.disable-defaults",
             "--collector.textfile", f"--collector.textfile.directory={collected}"],
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"],
        ]
        running = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
        try:
            wait(port)
            series = ask(port, "query", query='{__name__=~"wifibond_.*"}')["result"]
            print(json.dumps({
                "rules": [rule for group in ask(port, "rules")["groups"] for rule in group["rules"]],
                "targets": ask(port, "targets")["activeTargets"],
                "series": [one["metric"] | {"value": one["value"][1]} for one in series],
                "faults": ask(port, "query", query="node_textfile_scrape_error")["result"],
            }))
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(timeout=20)


main()
