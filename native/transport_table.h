// The transports: where each sends to, whose addresses are its own, its keys.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "address_table.h"
#include "srtp.h"

namespace manifold {

/** Remote addresses accepted beside the selected one; the oldest is forgotten. */
constexpr int kMaxOtherAddresses = 8;

/**
 * A socket of one transport alone, which has no ICE to tell whose a datagram is: everything that comes to it is that
 * transport's, or nobody's.
 */
struct SocketOwner {
  enum class Accepts { Nothing, OneSource, AnySource };

  int32_t transport = -1;  // -1: the socket is shared, and addresses say whose a datagram is
  Accepts accepts = Accepts::Nothing;
  AddressKey source;
};

struct Transport {
  int32_t id = -1;
  int socket = -1;  // -1 while no remote address is selected
  SocketAddress remote;
  AddressKey selected;
  AddressKey addresses[kMaxOtherAddresses + 1];  // oldest first, the selected one among them
  int addressCount = 0;
  std::unique_ptr<SrtpSession> srtp;
  /** Speaks plain RTP: no keys are waited for. */
  bool unprotected = false;
  /** Where RTCP goes to if it has a socket of its own; else -1. */
  int rtcpSocket = -1;
  SocketAddress rtcpRemote;
  /** GSO failed towards this address, so it gets plain packets. */
  bool plainOnly = false;

  // Grouping of one flush, see outbox.cc. Valid while groupStamp equals the flush's.
  uint32_t groupStamp = 0;
  int32_t groupHead = -1;
  int32_t groupTail = -1;
  Transport* nextInGroup = nullptr;
};

class TransportTable {
 public:
  TransportTable(uint32_t limit, uint64_t seed) : limit_(limit), addresses_(seed) {}

  /** A new id, or -1 at the limit. Freed ids come back oldest first, so that a stale one is noticed. */
  int32_t create();
  void close(int32_t id);

  Transport* find(int32_t id) {
    return id >= 0 && static_cast<size_t>(id) < transports_.size() ? transports_[static_cast<size_t>(id)].get()
                                                                   : nullptr;
  }
  int32_t findByAddress(const AddressKey& key) const { return addresses_.find(key); }

  void setRemoteAddress(Transport* transport, int socket, const SocketAddress& address);
  void addRemoteAddress(Transport* transport, int socket, const SocketAddress& address);

  /** Makes the socket this transport's alone; nothing is accepted on it before acceptFrom(). */
  void claimSocket(Transport* transport, int socket);
  /** Whose a socket is alone, or null. */
  const SocketOwner* ownerOf(int socket) const {
    if (static_cast<size_t>(socket) >= owners_.size()) return nullptr;
    const SocketOwner& owner = owners_[static_cast<size_t>(socket)];
    return owner.transport >= 0 ? &owner : nullptr;
  }
  /** What a claimed socket takes; false where it is not claimed. */
  bool acceptFrom(int socket, SocketOwner::Accepts accepts, const SocketAddress& source);

  /** Sends RTCP from a socket of its own. */
  void setRtcpAddress(Transport* transport, int socket, const SocketAddress& address) {
    transport->rtcpSocket = socket;
    transport->rtcpRemote = address;
  }

  /** Forgets every address on a socket that is closing. */
  void forgetSocket(int socket);

  void clear();

 private:
  void accept(Transport* transport, const AddressKey& key);

  const uint32_t limit_;
  AddressTable addresses_;
  std::vector<std::unique_ptr<Transport>> transports_;
  std::deque<int32_t> freed_;
  std::vector<SocketOwner> owners_;  // by socket
};

}  // namespace manifold
