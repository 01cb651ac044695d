// Arrival times: kernel timestamps are wall-clock, everything above wants the monotonic clock of
// performance.now(), which is CLOCK_MONOTONIC counted from the start of the process.
#pragma once

#include <ctime>

#include <cstdint>

namespace manifold {

inline int64_t readClockNanos(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

/** Both clocks read together, once per batch. */
struct ClockPair {
  int64_t monotonicNanos = readClockNanos(CLOCK_MONOTONIC);
  int64_t wallNanos = readClockNanos(CLOCK_REALTIME);

  /** A wall time in the near past as monotonic time; now, where the wall clock was stepped meanwhile. */
  int64_t toMonotonic(int64_t wall) const {
    constexpr int64_t kLongestQueueNanos = 5000000000;
    const int64_t age = wallNanos - wall;
    return age >= 0 && age <= kLongestQueueNanos ? monotonicNanos - age : monotonicNanos;
  }
};

}  // namespace manifold
