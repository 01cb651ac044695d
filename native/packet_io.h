// The whole of one PacketIo without JavaScript: sockets on the event loop, transports, and one batch at a time.
#pragma once

#include <functional>
#include <memory>

#include "datagram_sender.h"
#include "inbox.h"
#include "outbox.h"
#include "receive_batch.h"
#include "udp_socket.h"

namespace manifold {

class PacketIo {
 public:
  struct Options {
    uint32_t maxTransports;
    bool gso;
    int socketBufferBytes;
    uint64_t hashSeed;
    int64_t clockOriginNanos;
  };
  struct Memory {
    Inbox::Memory inbox;
    Outbox::Memory outbox;
    double* counters;
  };
  /** Hands over `count` inbox records. It may call anything here, close() included. */
  using BatchHandler = std::function<void(int count)>;

  PacketIo(uv_loop_t* loop, const Options& options, const Memory& memory);
  ~PacketIo();
  PacketIo(const PacketIo&) = delete;
  PacketIo& operator=(const PacketIo&) = delete;

  /** Returns 0 or an errno. */
  int openSocket(const SocketAddress& address, UdpSocket** socket);
  bool closeSocket(int id);
  UdpSocket* findSocket(int id) { return id >= 0 && id < kMaxSockets ? sockets_[id] : nullptr; }

  void start(BatchHandler handler);

  TransportTable* transports() { return &transports_; }
  void sendTo(UdpSocket* socket, const SocketAddress& to, const uint8_t* data, size_t size);
  /** False where the transport has no remote address. */
  bool sendRaw(Transport* transport, const uint8_t* data, size_t size);
  void flush(int count);

  const UdpFeatures& features() const { return features_; }
  bool gso() const { return sender_.gso(); }
  SendMessages* systemCall() { return sender_.systemCall(); }

  /** Closes everything; `whenClosed` is called once the event loop has let go, possibly at once. */
  void close(std::function<void()> whenClosed);
  bool closed() const { return closed_; }
  /** Sockets the event loop still knows. The object must live until this is 0. */
  int openHandles() const { return openHandles_; }

 private:
  static void onPoll(uv_poll_t* handle, int status, int events);
  static void onClosed(uv_handle_t* handle);

  void receive(UdpSocket* socket);
  bool deliver(UdpSocket* socket, int first, int end);
  void watch(UdpSocket* socket);
  void finishClosing();

  uv_loop_t* const loop_;
  const Options options_;
  const UdpFeatures features_;
  Counters counters_;
  TransportTable transports_;
  ReceiveBatch batch_;
  Inbox inbox_;
  DatagramSender sender_;
  Outbox outbox_;
  BatchHandler handler_;
  std::function<void()> whenClosed_;
  UdpSocket* sockets_[kMaxSockets] = {};
  int socketCount_ = 0;  // one more than the highest number given out so far
  int openHandles_ = 0;
  bool started_ = false;
  bool delivering_ = false;
  bool closed_ = false;
};

}  // namespace manifold
