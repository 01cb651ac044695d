#include "packet_io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "clock.h"

namespace manifold {

namespace {

// One turn of the event loop takes at most so much from a socket, so that timers and signaling have theirs
// during a flood. Whatever waits is told again by the next poll.
constexpr int kMaxDatagramsPerTurn = 8 * kBatchSize;
constexpr int64_t kMaxTurnNanos = 2000000;

}  // namespace

PacketIo::PacketIo(uv_loop_t* loop, const Options& options, const Memory& memory)
    : loop_(loop),
      options_(options),
      features_(UdpFeatures::probe()),
      counters_(memory.counters),
      transports_(options.maxTransports, options.hashSeed),
      inbox_(memory.inbox, options.clockOriginNanos, &counters_, &transports_),
      sender_(&counters_, options.gso && features_.gso),
      outbox_(memory.outbox, &counters_, &transports_, &sender_) {}

PacketIo::~PacketIo() = default;

int PacketIo::openSocket(const SocketAddress& address, UdpSocket** opened) {
  int id = 0;
  while (id < kMaxSockets && sockets_[id] != nullptr) id++;
  if (id == kMaxSockets) return EMFILE;
  std::unique_ptr<UdpSocket> socket = std::make_unique<UdpSocket>();
  int error = socket->open(address, options_.socketBufferBytes, options_.gso && features_.gro);
  if (error != 0) return error;
  error = uv_poll_init(loop_, &socket->poll, socket->fd);
  if (error != 0) {
    ::close(socket->fd);
    return -error;
  }
  socket->id = id;
  socket->owner = this;
  socket->poll.data = socket.get();
  openHandles_++;
  sockets_[id] = socket.release();
  socketCount_ = std::max(socketCount_, id + 1);
  watch(sockets_[id]);
  *opened = sockets_[id];
  return 0;
}

bool PacketIo::closeSocket(int id) {
  UdpSocket* socket = findSocket(id);
  if (socket == nullptr) return false;
  sockets_[id] = nullptr;
  transports_.forgetSocket(id);
  uv_close(reinterpret_cast<uv_handle_t*>(&socket->poll), onClosed);
  ::close(socket->fd);
  socket->fd = -1;
  socket->backlog.clear();
  return true;
}

void PacketIo::onClosed(uv_handle_t* handle) {
  UdpSocket* socket = static_cast<UdpSocket*>(handle->data);
  PacketIo* io = socket->owner;
  delete socket;
  io->openHandles_--;
  io->finishClosing();
}

void PacketIo::close(std::function<void()> whenClosed) {
  if (closed_) return;
  closed_ = true;
  whenClosed_ = std::move(whenClosed);
  for (int id = 0; id < kMaxSockets; id++) closeSocket(id);
  transports_.clear();
  finishClosing();
}

void PacketIo::finishClosing() {
  if (!closed_ || openHandles_ > 0 || !whenClosed_) return;
  std::function<void()> whenClosed = std::move(whenClosed_);
  whenClosed_ = nullptr;
  whenClosed();
}

void PacketIo::start(BatchHandler handler) {
  handler_ = std::move(handler);
  started_ = true;
  for (UdpSocket* socket : sockets_) {
    if (socket != nullptr) watch(socket);
  }
}

/** Polls for what is of interest now. */
void PacketIo::watch(UdpSocket* socket) {
  const int events = (started_ ? UV_READABLE : 0) | (socket->backlog.empty() ? 0 : UV_WRITABLE);
  if (events == socket->events) return;
  socket->events = events;
  if (events == 0) {
    uv_poll_stop(&socket->poll);
  } else {
    uv_poll_start(&socket->poll, events, onPoll);
  }
}

void PacketIo::onPoll(uv_poll_t* handle, int status, int events) {
  UdpSocket* socket = static_cast<UdpSocket*>(handle->data);
  PacketIo* io = socket->owner;
  if (status < 0) {
    // libuv stops polling on a socket error, which for UDP is only the fate of an earlier datagram: take it off
    // the socket and go on.
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    io->counters_.add(error == ECONNREFUSED ? Counter::connectionRefused : Counter::sendErrors);
    socket->events = 0;
    io->watch(socket);
    return;
  }
  if ((events & UV_WRITABLE) != 0) {
    io->sender_.drainBacklog(socket);
    io->watch(socket);
  }
  if ((events & UV_READABLE) != 0) io->receive(socket);
}

void PacketIo::receive(UdpSocket* socket) {
  // Whatever JavaScript runs inside a batch must not start another: its records would be overwritten.
  if (delivering_) return;
  const int64_t start = readClockNanos(CLOCK_MONOTONIC);
  for (int taken = 0; taken < kMaxDatagramsPerTurn;) {
    const int received = batch_.receive(socket->fd);
    if (received < 0) {
      counters_.add(received == -ECONNREFUSED ? Counter::connectionRefused : Counter::sendErrors);
      return;
    }
    for (int first = 0; first < received; first += kBatchSize) {
      if (!deliver(socket, first, std::min(first + kBatchSize, received))) return;
    }
    if (!batch_.full() || readClockNanos(CLOCK_MONOTONIC) - start > kMaxTurnNanos) return;
    taken += received;
  }
}

/** Hands a part of the batch to JavaScript. False if the socket is gone after that. */
bool PacketIo::deliver(UdpSocket* socket, int first, int end) {
  const int id = socket->id;
  const int count = inbox_.fill(batch_, first, end, id);
  if (count == 0) return true;
  delivering_ = true;
  handler_(count);
  delivering_ = false;
  // The handler may have closed this socket, and even opened another of the same number.
  return sockets_[id] == socket;
}

void PacketIo::sendTo(UdpSocket* socket, const SocketAddress& to, const uint8_t* data, size_t size) {
  sender_.sendNow(socket, to, data, size);
  watch(socket);
}

bool PacketIo::sendRaw(Transport* transport, const uint8_t* data, size_t size) {
  UdpSocket* socket = findSocket(transport->socket);
  if (socket == nullptr) return false;
  sendTo(socket, transport->remote, data, size);
  return true;
}

void PacketIo::flush(int count) {
  if (closed_) return;
  outbox_.flush(count, sockets_, socketCount_);
  for (int id = 0; id < socketCount_; id++) {
    if (sockets_[id] != nullptr) watch(sockets_[id]);
  }
}

}  // namespace manifold
