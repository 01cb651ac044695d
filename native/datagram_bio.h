// An OpenSSL BIO over memory that keeps the boundaries of datagrams, which BIO_s_mem does not.
#pragma once

#include <openssl/bio.h>

#include <cstdint>
#include <vector>

namespace manifold {

/** Datagrams one call into OpenSSL may make; a flight is far shorter. */
constexpr size_t kMaxOutgoingDatagrams = 64;

struct DatagramQueue {
  const uint8_t* incoming = nullptr;  // null once read
  size_t incomingBytes = 0;
  std::vector<std::vector<uint8_t>> outgoing;
};

/** A BIO reading and writing `queue`, which must outlive it. Null without memory. */
BIO* createDatagramBio(DatagramQueue* queue);

}  // namespace manifold
