"""Publishes a test picture and a tone by WHIP with GStreamer's webrtcbin. Usage: gstreamer_whip.py URL VP8|H264

Prints one JSON object per line and ends, with a DELETE, when its standard input is closed.
"""
import ctypes
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from session import request, say  # noqa: E402

ENCODERS = {
    "VP8": "vp8enc deadline=1 cpu-used=8 target-bitrate=300000 keyframe-max-dist=60 error-resilient=default"
    " ! rtpvp8pay picture-id-mode=15-bit ! application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "H264": "openh264enc bitrate=300000 gop-size=60 complexity=low ! h264parse config-interval=-1"
    " ! rtph264pay aggregate-mode=zero-latency"
    " ! application/x-rtp,media=video,encoding-name=H264,payload=96",
}

PIPELINE = """
webrtcbin name=webrtc bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 ! videoconvert
  ! queue ! {encoder} ! webrtc.
audiotestsrc is-live=true wave=sine freq=440 ! audioconvert ! audioresample ! queue ! opusenc
  ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! webrtc.
"""


def use_loopback(element):
    """libnice leaves loopback addresses out, and the server under test listens nowhere else. Its own function for
    it is not among the bindings, so it is called through C."""
    nice = ctypes.CDLL("libnice.so.10")
    # The bindings take the only reference to the object, so it has to be kept.
    session["ice"] = element.get_property("ice-agent")
    agent = session["ice"].get_property("agent")
    address = (ctypes.c_char * 64)()
    nice.nice_address_init(address)
    nice.nice_address_set_from_string(address, b"127.0.0.1")
    if not nice.nice_agent_add_local_address(ctypes.c_void_p(hash(agent)), address):
        raise RuntimeError("libnice refuses the loopback address")


def fail(reason):
    say("failed", reason=str(reason))
    loop.quit()
    return GLib.SOURCE_REMOVE


def post_offer():
    """Runs off the main loop: the exchange blocks."""
    offer = webrtc.get_property("local-description").sdp.as_text()
    try:
        status, headers, answer = request("POST", url, offer, "application/sdp")
    except OSError as error:
        GLib.idle_add(fail, error)
        return
    if status != 201:
        GLib.idle_add(fail, f"{status} {answer}")
        return
    session["resource"] = headers["location"]
    say("published", resource=headers["location"])
    _, message = GstSdp.SDPMessage.new_from_text(answer)
    description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
    webrtc.emit("set-remote-description", description, Gst.Promise.new())


def on_offer_created(promise, _):
    # The offer lives as long as the reply, so the reply needs a name of its own.
    reply = promise.get_reply()
    offer = reply.get_value("offer")
    webrtc.emit("set-local-description", offer, Gst.Promise.new())


def on_negotiation_needed(element):
    element.emit("create-offer", None, Gst.Promise.new_with_change_func(on_offer_created, None))


def on_gathering(element, _):
    if element.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        threading.Thread(target=post_offer, daemon=True).start()


def on_connection(element, _):
    say("connection", state=element.get_property("connection-state").value_nick)


def wait_for_the_end():
    sys.stdin.read()
    GLib.idle_add(loop.quit)


def on_message(_, message):
    if message.type == Gst.MessageType.ERROR:
        fail(message.parse_error())


url, codec = sys.argv[1], sys.argv[2]
session = {}
Gst.init(None)
loop = GLib.MainLoop()
pipeline = Gst.parse_launch(PIPELINE.format(encoder=ENCODERS[codec]))
webrtc = pipeline.get_by_name("webrtc")
use_loopback(webrtc)
webrtc.connect("on-negotiation-needed", on_negotiation_needed)
webrtc.connect("notify::ice-gathering-state", on_gathering)
webrtc.connect("notify::connection-state", on_connection)
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", on_message)
pipeline.set_state(Gst.State.PLAYING)
threading.Thread(target=wait_for_the_end, daemon=True).start()
loop.run()
if "resource" in session:
    status, _, _ = request("DELETE", session["resource"], None, None, base=url)
    say("ended", status=status)
pipeline.set_state(Gst.State.NULL)
