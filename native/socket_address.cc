#include "socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstdlib>

namespace manifold {

namespace {

bool parseScope(const char* text, uint32_t* scope) {
  char* end = nullptr;
  const unsigned long number = strtoul(text, &end, 10);
  if (end != text && *end == '\0' && number <= UINT32_MAX) {
    *scope = static_cast<uint32_t>(number);
    return true;
  }
  *scope = if_nametoindex(text);
  return *scope != 0;
}

}  // namespace

bool SocketAddress::parse(const char* text, uint16_t port, SocketAddress* address) {
  *address = SocketAddress();
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons(port);
    return true;
  }
  *address = SocketAddress();
  std::string host(text);
  const size_t percent = host.find('%');
  if (percent != std::string::npos) {
    if (!parseScope(host.c_str() + percent + 1, &address->v6.sin6_scope_id)) return false;
    host.resize(percent);
  }
  if (inet_pton(AF_INET6, host.c_str(), &address->v6.sin6_addr) != 1) return false;
  address->v6.sin6_family = AF_INET6;
  address->v6.sin6_port = htons(port);
  return true;
}

void SocketAddress::writeRecord(uint8_t* record) const {
  memset(record, 0, kAddressStride);
  record[0] = isIpv6() ? 6 : 4;
  writeUint16(record + 2, port());
  if (isIpv6()) {
    memcpy(record + 4, &v6.sin6_addr, 16);
    writeUint32(record + 20, v6.sin6_scope_id);
  } else {
    memcpy(record + 4, &v4.sin_addr, 4);
  }
}

}  // namespace manifold
