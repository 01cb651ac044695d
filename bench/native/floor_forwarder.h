// The floor of the benchmark: forwards RTP as the SFU does, with the same sockets, crypto and outbox, but without
// JavaScript. Nothing is decided: every packet of a routed stream goes to every target with another SSRC and payload
// type, and so with the least any forwarder must do.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "../../native/packet_io.h"

namespace manifold {

class FloorForwarder {
 public:
  struct Target {
    int32_t transport;
    uint32_t ssrc;
    uint8_t payloadType;
  };

  FloorForwarder(PacketIo* io, const PacketIo::Memory& memory, int32_t* outbox, uint8_t* prefixes)
      : io_(io), memory_(memory), outbox_(outbox), prefixes_(prefixes) {}

  void route(int32_t transport, uint32_t ssrc, std::vector<Target> targets) {
    routes_[{transport, ssrc}] = std::move(targets);
  }

  /** Forwards what is routed, and moves the other records to the front; returns how many those are. */
  int forward(int count);

 private:
  void send(const std::vector<Target>& targets, int32_t offset, int32_t length);
  void flush();

  PacketIo* const io_;
  const PacketIo::Memory memory_;
  int32_t* const outbox_;
  uint8_t* const prefixes_;
  std::map<std::pair<int32_t, uint32_t>, std::vector<Target>> routes_;
  int queued_ = 0;
  int32_t prefixEnd_ = 0;
};

}  // namespace manifold
