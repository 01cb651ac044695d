#include "send_backlog.h"

#include <new>

namespace manifold {

namespace {
constexpr size_t align(size_t size) { return (size + 7) & ~size_t{7}; }
}  // namespace

bool SendBacklog::push(const SocketAddress& to, const uint8_t* data, size_t size) {
  if (!ring_) ring_.reset(new (std::nothrow) uint8_t[kBacklogBytes]);
  if (!ring_) return false;
  const size_t stride = align(sizeof(Record) + size);
  size_t tail = (head_ + used_) % kBacklogBytes;
  const size_t untilEnd = kBacklogBytes - tail;
  const size_t skipped = untilEnd < stride ? untilEnd : 0;
  if (used_ + skipped + stride > kBacklogBytes) return false;
  if (skipped > 0) {
    // Too little is left before the end: mark it, if a mark fits, and begin at the start.
    if (skipped >= sizeof(Record)) {
      Record* wrap = new (ring_.get() + tail) Record();
      wrap->size = kWrap;
      wrap->stride = static_cast<uint32_t>(skipped);
    }
    used_ += skipped;
    tail = 0;
  }
  Record* record = new (ring_.get() + tail) Record();
  record->to = to;
  record->size = static_cast<uint32_t>(size);
  record->stride = static_cast<uint32_t>(stride);
  memcpy(ring_.get() + tail + sizeof(Record), data, size);
  used_ += stride;
  count_++;
  return true;
}

const SendBacklog::Record* SendBacklog::recordAt(size_t at) const {
  if (kBacklogBytes - at < sizeof(Record)) return nullptr;
  const Record* record = reinterpret_cast<const Record*>(ring_.get() + at);
  return record->size == kWrap ? nullptr : record;
}

int SendBacklog::peek(Datagram* out, int limit) const {
  size_t at = head_;
  int n = 0;
  while (n < limit && static_cast<size_t>(n) < count_) {
    const Record* record = recordAt(at);
    if (record == nullptr) {
      at = 0;
      continue;
    }
    out[n++] = {&record->to, reinterpret_cast<const uint8_t*>(record + 1), record->size};
    at = (at + record->stride) % kBacklogBytes;
  }
  return n;
}

void SendBacklog::pop(int count) {
  for (int i = 0; i < count && count_ > 0; i++) {
    const Record* record = recordAt(head_);
    if (record == nullptr) {
      used_ -= kBacklogBytes - head_;
      head_ = 0;
      record = recordAt(0);
    }
    used_ -= record->stride;
    head_ = (head_ + record->stride) % kBacklogBytes;
    count_--;
  }
  if (count_ == 0) head_ = used_ = 0;
}

void SendBacklog::clear() {
  ring_.reset();
  head_ = used_ = count_ = 0;
}

}  // namespace manifold
