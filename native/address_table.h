// Which transport a remote address belongs to: open addressing with linear probing, asked once per datagram.
#pragma once

#include <cstdint>
#include <vector>

#include "socket_address.h"

namespace manifold {

class AddressTable {
 public:
  /** `seed` makes the places unpredictable to peers that choose their addresses. */
  explicit AddressTable(uint64_t seed);

  /** The transport, or -1. */
  int32_t find(const AddressKey& key) const {
    for (uint64_t at = hash(key);; at++) {
      const Entry& entry = entries_[at & mask_];
      if (entry.transport < 0 || entry.key == key) return entry.transport;
    }
  }

  /** Gives the address to this transport, whoever had it. */
  void set(const AddressKey& key, int32_t transport);

  /** Forgets the address if it is this transport's. */
  void remove(const AddressKey& key, int32_t transport);

 private:
  struct Entry {
    AddressKey key;
    int32_t transport = -1;
  };

  uint64_t hash(const AddressKey& key) const {
    uint64_t a, b;
    memcpy(&a, key.words, 8);
    memcpy(&b, key.words + 2, 8);
    uint64_t h = (a ^ seed_) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 32) ^ b) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 29) ^ key.words[4]) * 0x94d049bb133111ebu;
    return h ^ (h >> 32);
  }

  void grow();

  uint64_t seed_;
  uint64_t mask_;
  size_t size_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace manifold
