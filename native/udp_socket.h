// One bound UDP socket and what could not be sent on it yet.
#pragma once

#include <uv.h>

#include "send_backlog.h"
#include "socket_address.h"

namespace manifold {

/** Sockets of one PacketIo: an address key has fifteen bits for them. */
constexpr int kMaxSockets = 1024;

struct UdpFeatures {
  bool gso = false;
  bool gro = false;
  bool batchedIo = false;
  bool kernelTimestamps = false;

  /** Asks the kernel, with a socket made for it. */
  static UdpFeatures probe();
};

class PacketIo;
struct Transport;

struct UdpSocket {
  PacketIo* owner = nullptr;
  int id = -1;
  int fd = -1;  // -1 once closed
  uint16_t port = 0;
  uv_poll_t poll = {};
  int events = 0;  // what poll is started for
  SendBacklog backlog;
  /** The transports of one flush that send here, see outbox.cc. */
  Transport* groupHead = nullptr;
  Transport* groupTail = nullptr;

  /** Opens and binds; with `gro` the kernel may join datagrams for a ReceiveBatch. Returns 0 or an errno. */
  int open(const SocketAddress& address, int bufferBytes, bool gro);
};

/** Whether this errno only says that the socket's buffer is full for now. */
bool isWouldBlock(int error);

}  // namespace manifold
