// Datagrams that wait until a socket is writable again, in order, in one bounded ring of bytes. Each is stored
// in one piece: length, address, bytes.
#pragma once

#include <memory>

#include "socket_address.h"

namespace manifold {

/** About 20 ms of a saturated gigabit link; media older than that is better dropped. */
constexpr size_t kBacklogBytes = 2 << 20;

class SendBacklog {
 public:
  struct Datagram {
    const SocketAddress* to;
    const uint8_t* data;
    size_t size;
  };

  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }

  /** False where it is full: the new datagram is dropped, so that those before it stay in order. */
  bool push(const SocketAddress& to, const uint8_t* data, size_t size);

  /** Up to `limit` of the oldest datagrams, without removing them. */
  int peek(Datagram* out, int limit) const;
  void pop(int count);
  /** Drops everything and gives the memory back. */
  void clear();

 private:
  struct Record {
    SocketAddress to;
    uint32_t size;
    uint32_t stride;  // of the whole record, or of the unused end of the ring if size is kWrap
  };
  static constexpr uint32_t kWrap = UINT32_MAX;

  const Record* recordAt(size_t at) const;

  std::unique_ptr<uint8_t[]> ring_;  // made at the first push
  size_t head_ = 0;
  size_t used_ = 0;
  size_t count_ = 0;
};

}  // namespace manifold
