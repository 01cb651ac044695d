"""What the test clients share: the WHIP/WHEP exchange over HTTP and their line protocol with the test."""
import asyncio
import json
import sys
import urllib.error
import urllib.parse
import urllib.request


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def request(method, url, body, content_type, base=None):
    """Returns (status, headers with lower-case names, body text)."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    target = url if base is None else urllib.parse.urljoin(base, url)
    data = None if body is None else body.encode()
    call = urllib.request.Request(target, data=data, headers=headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(call, timeout=10) as response:
            answer = (response.status, response.headers, response.read().decode())
    except urllib.error.HTTPError as refusal:
        answer = (refusal.code, refusal.headers, refusal.read().decode())
    return answer[0], {name.lower(): value for name, value in answer[1].items()}, answer[2]


async def http(method, url, body, content_type, base=None):
    return await asyncio.get_event_loop().run_in_executor(None, request, method, url, body, content_type, base)


def standard_input_closed():
    return asyncio.get_event_loop().run_in_executor(None, sys.stdin.read)
