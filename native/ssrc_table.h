// State per SSRC of one SRTP direction: open addressing, grown by doubling up to a limit. An entry once made
// stays as long as the keys do, because forgetting a rollover counter would repeat nonces.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace manifold {

template <typename State>
class SsrcTable {
 public:
  explicit SsrcTable(uint32_t limit) : limit_(limit) {}

  bool full() const { return size_ >= limit_; }

  State* find(uint32_t ssrc) {
    if (capacity_ == 0) return nullptr;
    Entry& entry = entries_[probe(entries_.get(), capacity_, ssrc)];
    return entry.used ? &entry.state : nullptr;
  }

  /** The new state of an SSRC not in the table, or null where the limit or the memory is reached. */
  State* insert(uint32_t ssrc) {
    if (full() || ((size_ + 1) * 4 > capacity_ * 3 && !grow())) return nullptr;
    Entry& entry = entries_[probe(entries_.get(), capacity_, ssrc)];
    entry.used = true;
    entry.ssrc = ssrc;
    size_++;
    return &entry.state;
  }

 private:
  struct Entry {
    State state = {};
    uint32_t ssrc = 0;
    bool used = false;
  };

  static uint32_t probe(const Entry* entries, uint32_t capacity, uint32_t ssrc) {
    uint32_t at = (ssrc * 2654435769u) >> 8;  // Fibonacci hashing: SSRCs are random, but a peer chooses its own
    while (entries[at & (capacity - 1)].used && entries[at & (capacity - 1)].ssrc != ssrc) at++;
    return at & (capacity - 1);
  }

  bool grow() {
    const uint32_t capacity = capacity_ == 0 ? 4 : capacity_ * 2;
    std::unique_ptr<Entry[]> entries(new (std::nothrow) Entry[capacity]);
    if (!entries) return false;
    for (uint32_t i = 0; i < capacity_; i++) {
      if (entries_[i].used) entries[probe(entries.get(), capacity, entries_[i].ssrc)] = entries_[i];
    }
    entries_ = std::move(entries);
    capacity_ = capacity;
    return true;
  }

  const uint32_t limit_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  std::unique_ptr<Entry[]> entries_;
};

}  // namespace manifold
