// A UDP endpoint as the kernel wants it, and as a key to look transports up by.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "byte_order.h"
#include "layout.h"

namespace manifold {

struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };

  SocketAddress() { memset(static_cast<void*>(this), 0, sizeof *this); }

  bool isIpv6() const { return any.sa_family == AF_INET6; }
  socklen_t size() const { return isIpv6() ? sizeof v6 : sizeof v4; }
  uint16_t port() const { return ntohs(isIpv6() ? v6.sin6_port : v4.sin_port); }

  /** Parses a literal address; an IPv6 one may end in `%` and a numeric scope or an interface name. */
  static bool parse(const char* text, uint16_t port, SocketAddress* address);

  /** Writes one record of the inbox addresses, see layout.h. */
  void writeRecord(uint8_t* record) const;
};

/** Socket, family, port and address bytes in five words; link-local scope is left out. */
struct AddressKey {
  uint32_t words[5];

  AddressKey() : words{} {}
  AddressKey(int socket, const SocketAddress& address) : words{} {
    words[0] = static_cast<uint32_t>(socket) << 17 | static_cast<uint32_t>(address.isIpv6()) << 16 | address.port();
    if (address.isIpv6()) {
      memcpy(words + 1, &address.v6.sin6_addr, 16);
    } else {
      memcpy(words + 1, &address.v4.sin_addr, 4);
    }
  }

  int socket() const { return static_cast<int>(words[0] >> 17); }
  bool operator==(const AddressKey& other) const { return memcmp(words, other.words, sizeof words) == 0; }
};

}  // namespace manifold
