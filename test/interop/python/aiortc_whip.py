"""Publishes a moving picture and a tone by WHIP with aiortc. Usage: aiortc_whip.py URL

Prints one JSON object per line: {"event": "published", ...}, {"event": "connection", "state": ...} and, once a
second, {"event": "sent", ...}. Ends, with a DELETE, when its standard input is closed.
"""
import asyncio
import fractions
import json
import math
import sys
import time

import aioice.ice
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame

from session import http, say, standard_input_closed

# aioice leaves loopback addresses out; the server under test listens nowhere else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

WIDTH, HEIGHT, FRAME_RATE = 320, 240, 15
SAMPLE_RATE, SAMPLES_PER_FRAME, TONE_HERTZ = 48000, 960, 440


class Picture(MediaStreamTrack):
    kind = "video"

    def __init__(self):
        super().__init__()
        self.count = 0
        self.start = time.monotonic()

    async def recv(self):
        wait = self.start + self.count / FRAME_RATE - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        pixels = numpy.zeros((HEIGHT, WIDTH, 3), numpy.uint8)
        pixels[:, :, 2] = 200
        left = self.count * 4 % (WIDTH - 40)
        pixels[100:140, left : left + 40] = 255
        frame = VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts = self.count * 90000 // FRAME_RATE
        frame.time_base = fractions.Fraction(1, 90000)
        self.count += 1
        return frame


class Tone(MediaStreamTrack):
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.count = 0
        self.start = time.monotonic()

    async def recv(self):
        first = self.count * SAMPLES_PER_FRAME
        wait = self.start + first / SAMPLE_RATE - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        angles = (first + numpy.arange(SAMPLES_PER_FRAME)) * (2 * math.pi * TONE_HERTZ / SAMPLE_RATE)
        samples = (numpy.sin(angles) * 8000).astype(numpy.int16).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = first
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self.count += 1
        return frame


async def main():
    url = sys.argv[1]
    connection = RTCPeerConnection()

    @connection.on("connectionstatechange")
    def report_state():
        say("connection", state=connection.connectionState)

    connection.addTransceiver(Picture(), direction="sendonly")
    connection.addTransceiver(Tone(), direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    status, headers, answer = await http("POST", url, connection.localDescription.sdp, "application/sdp")
    if status != 201:
        say("refused", status=status, body=answer)
        return
    say("published", resource=headers["location"])
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    closed = standard_input_closed()
    while not closed.done():
        await asyncio.wait([closed], timeout=1)
        for sender in connection.getSenders():
            for stats in (await sender.getStats()).values():
                if stats.type == "outbound-rtp":
                    say("sent", kind=sender.kind, packets=stats.packetsSent)
    status, _, _ = await http("DELETE", headers["location"], None, None, base=url)
    await connection.close()
    say("ended", status=status)


asyncio.run(main())
