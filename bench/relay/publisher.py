"""Publishes the events to nchan, one request each, then deletes the channel: its streams end.

usage: publisher.py PORT EVENTS INTERVAL_MICROSECONDS
Waits for a line on its standard input before it begins.
"""

import http.client
import json
import sys
import time

PADDING = "x" * 320


def main() -> None:
    """Publish."""
    port, events, interval = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1e6
    connection = http.client.HTTPConnection("127.0.0.1", port)
    sys.stdin.readline()
    begin = time.monotonic()
    for number in range(events):
        time.sleep(max(0, begin + number * interval - time.monotonic()))
        data = json.dumps({"message": f"event {number:06} {PADDING}"})
        connection.request("POST", "/publish", body=data)
        connection.getresponse().read()
    time.sleep(interval)
    connection.request("DELETE", "/publish")
    connection.getresponse().read()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
