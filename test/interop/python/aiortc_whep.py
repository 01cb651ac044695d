"""Plays a room by WHEP with aiortc and decodes it. Usage: aiortc_whep.py URL

Prints one JSON object per line: {"event": "connection", "state": ...} and, for every half second,
{"event": "received", "frames": ..., "width": ..., "height": ..., "samples": ..., "peak": ...}.
Ends, with a DELETE, when its standard input is closed.
"""
import asyncio
import sys

import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from session import http, say, standard_input_closed

aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

received = {"frames": 0, "width": 0, "height": 0, "samples": 0, "peak": 0}


async def consume(track):
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if track.kind == "video":
            received["frames"] += 1
            received["width"] = frame.width
            received["height"] = frame.height
        else:
            received["samples"] += frame.samples
            received["peak"] = max(received["peak"], int(abs(frame.to_ndarray()).max()))


async def main():
    url = sys.argv[1]
    connection = RTCPeerConnection()
    tasks = []

    @connection.on("connectionstatechange")
    def report_state():
        say("connection", state=connection.connectionState)

    @connection.on("track")
    def play(track):
        tasks.append(asyncio.ensure_future(consume(track)))

    connection.addTransceiver("video", direction="recvonly")
    connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    status, headers, answer = await http("POST", url, connection.localDescription.sdp, "application/sdp")
    if status != 201:
        say("refused", status=status, body=answer)
        return
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    closed = standard_input_closed()
    while not closed.done():
        await asyncio.wait([closed], timeout=0.5)
        say("received", **received)
    status, _, _ = await http("DELETE", headers["location"], None, None, base=url)
    await connection.close()
    say("ended", status=status)


asyncio.run(main())
