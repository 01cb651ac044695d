// One flush: reads the outbox records, groups them by transport, protects them and hands them to the sender.
#pragma once

#include <memory>

#include "counters.h"
#include "datagram_sender.h"
#include "transport_table.h"

namespace manifold {

class Outbox {
 public:
  struct Memory {
    const int32_t* records;
    const uint8_t* prefixes;
    const uint8_t* arena;
    size_t arenaBytes;
  };

  Outbox(Memory memory, Counters* counters, TransportTable* transports, DatagramSender* sender)
      : memory_(memory),
        counters_(counters),
        transports_(transports),
        sender_(sender),
        next_(new int32_t[kOutboxCapacity]) {}

  /**
   * Sends the first `count` records. Order is kept within a transport and not between transports, because
   * neighbours to one destination are what GSO can join.
   */
  void flush(int count, UdpSocket* const* sockets, int socketCount);

 private:
  void group(int count, UdpSocket* const* sockets);
  void send(UdpSocket* const* sockets, Transport* transport, const int32_t* record);

  const Memory memory_;
  Counters* const counters_;
  TransportTable* const transports_;
  DatagramSender* const sender_;
  // Linked lists without allocation: records of one transport through next_, transports of one socket through
  // Transport::nextInGroup.
  std::unique_ptr<int32_t[]> next_;
  uint32_t stamp_ = 0;
};

}  // namespace manifold
