// Turns received datagrams into inbox records: classifies, finds the transport, unprotects into the arena.
#pragma once

#include "counters.h"
#include "receive_batch.h"
#include "transport_table.h"

namespace manifold {

class Inbox {
 public:
  struct Memory {
    uint8_t* arena;
    uint32_t slotCount;
    int32_t* records;
    double* arrivals;
    uint8_t* addresses;
  };

  /** `clockOriginNanos` is CLOCK_MONOTONIC at the zero of performance.now(). */
  Inbox(Memory memory, int64_t clockOriginNanos, Counters* counters, TransportTable* transports)
      : memory_(memory), clockOriginNanos_(clockOriginNanos), counters_(counters), transports_(transports) {}

  /** Writes the records of the datagrams from `first` to before `end`, at most kBatchSize; returns how many. */
  int fill(const ReceiveBatch& batch, int first, int end, int socket);

 private:
  bool accept(const ReceiveBatch::Datagram& datagram, int socket);
  bool acceptOwned(const SocketOwner& owner, PacketKind kind, const ReceiveBatch::Datagram& datagram, int socket);
  bool acceptMedia(PacketKind kind, int32_t transport, const uint8_t* data, size_t size);
  void copyToControlSlot(const uint8_t* data, size_t size);
  uint8_t* controlSlot() { return memory_.arena + controlOffset(); }
  size_t controlOffset() const { return (memory_.slotCount + static_cast<size_t>(controlSlots_)) * kSlotBytes; }
  void countFailure(SrtpResult result);

  const Memory memory_;
  const int64_t clockOriginNanos_;
  Counters* const counters_;
  TransportTable* const transports_;

  uint32_t nextPacketNumber_ = 0;
  int controlSlots_ = 0;
  int32_t* record_ = nullptr;  // the one being written
};

}  // namespace manifold
