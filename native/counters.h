// Counters the addon keeps. They live in a Float64Array so that reading them costs no call; doubles count
// exactly up to 2^53.
#pragma once

namespace manifold {

#define MANIFOLD_COUNTERS(X)  \
  X(datagramsReceived)        \
  X(bytesReceived)            \
  X(receiveBatches)           \
  X(rtpReceived)              \
  X(rtcpReceived)             \
  X(stunReceived)             \
  X(dtlsReceived)             \
  X(droppedUnknownKind)       \
  X(droppedUnknownAddress)    \
  X(droppedOversize)          \
  X(droppedNoKeys)            \
  X(droppedAuthentication)    \
  X(droppedReplay)            \
  X(droppedSsrcLimit)         \
  X(datagramsSent)            \
  X(bytesSent)                \
  X(sendCalls)                \
  X(gsoSegmentsSent)          \
  X(flushes)                  \
  X(sendWouldBlock)           \
  X(sendDroppedBufferFull)    \
  X(sendErrors)               \
  X(connectionRefused)        \
  X(protectErrors)

enum class Counter {
#define MANIFOLD_COUNTER_ENTRY(name) name,
  MANIFOLD_COUNTERS(MANIFOLD_COUNTER_ENTRY)
#undef MANIFOLD_COUNTER_ENTRY
      kCount
};

constexpr int kCounterCount = static_cast<int>(Counter::kCount);

class Counters {
 public:
  explicit Counters(double* values) : values_(values) {}
  void add(Counter counter, double amount = 1) { values_[static_cast<int>(counter)] += amount; }

 private:
  double* values_;
};

}  // namespace manifold
