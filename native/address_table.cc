#include "address_table.h"

#include <utility>

namespace manifold {

namespace {
constexpr size_t kInitialCapacity = 256;
}

AddressTable::AddressTable(uint64_t seed) : seed_(seed), mask_(kInitialCapacity - 1), entries_(kInitialCapacity) {}

void AddressTable::set(const AddressKey& key, int32_t transport) {
  if ((size_ + 1) * 2 > entries_.size()) grow();
  for (uint64_t at = hash(key);; at++) {
    Entry& entry = entries_[at & mask_];
    if (entry.transport >= 0 && !(entry.key == key)) continue;
    if (entry.transport < 0) size_++;
    entry.key = key;
    entry.transport = transport;
    return;
  }
}

void AddressTable::remove(const AddressKey& key, int32_t transport) {
  uint64_t hole = hash(key) & mask_;
  while (entries_[hole].transport >= 0 && !(entries_[hole].key == key)) hole = (hole + 1) & mask_;
  if (entries_[hole].transport != transport) return;
  size_--;
  // Moves later entries of the run back, so that no probe is cut short by the hole.
  for (uint64_t at = (hole + 1) & mask_; entries_[at].transport >= 0; at = (at + 1) & mask_) {
    const uint64_t home = hash(entries_[at].key) & mask_;
    if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
    entries_[hole] = entries_[at];
    hole = at;
  }
  entries_[hole].transport = -1;
}

void AddressTable::grow() {
  std::vector<Entry> old(entries_.size() * 2);
  old.swap(entries_);
  mask_ = entries_.size() - 1;
  size_ = 0;
  for (const Entry& entry : old) {
    if (entry.transport >= 0) set(entry.key, entry.transport);
  }
}

}  // namespace manifold
