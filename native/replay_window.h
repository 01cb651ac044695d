// Which packet indices of one SSRC were seen (RFC 3711 section 3.3.2), as a ring of bits ending at the highest.
#pragma once

#include <cstdint>
#include <cstring>

namespace manifold {

template <int kBits>
class ReplayWindow {
  static_assert((kBits & (kBits - 1)) == 0 && kBits >= 64, "the ring is addressed by masking");

 public:
  uint64_t highest() const { return highest_; }

  /** Whether `index` was seen, or is too old to tell. */
  bool isReplay(uint64_t index) const {
    if (!any_ || index > highest_) return false;
    if (highest_ - index >= kBits) return true;
    return (words_[index / 64 % kWords] >> (index % 64) & 1) != 0;
  }

  /** Marks `index` as seen. Call it only once the packet is authenticated and isReplay() said no. */
  void mark(uint64_t index) {
    if (!any_) {
      any_ = true;
      highest_ = index;
    } else if (index > highest_) {
      if (index - highest_ >= kBits) {
        memset(words_, 0, sizeof words_);
      } else {
        for (uint64_t i = highest_ + 1; i < index; i++) words_[i / 64 % kWords] &= ~(uint64_t{1} << (i % 64));
      }
      highest_ = index;
    }
    words_[index / 64 % kWords] |= uint64_t{1} << (index % 64);
  }

 private:
  static constexpr int kWords = kBits / 64;
  uint64_t highest_ = 0;
  uint64_t words_[kWords] = {};
  bool any_ = false;
};

}  // namespace manifold
