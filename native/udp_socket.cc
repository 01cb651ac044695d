#include "udp_socket.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "udp_options.h"

namespace manifold {

namespace {

int openDatagramSocket(int family) {
  const int fd = socket(family, SOCK_DGRAM, IPPROTO_UDP);
  if (fd < 0) return -1;
  const int flags = fcntl(fd, F_GETFL, 0);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
    close(fd);
    return -1;
  }
  return fd;
}

bool enable(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

/** More than net.core.[rw]mem_max is only for the privileged: tried first, and not an error. */
void setBufferBytes(int fd, int bytes) {
#ifdef __linux__
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
#else
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
#endif
}

}  // namespace

UdpFeatures UdpFeatures::probe() {
  UdpFeatures features;
#ifdef __linux__
  features.batchedIo = true;
  const int fd = openDatagramSocket(AF_INET);
  if (fd < 0) return features;
  int segment = 0;
  socklen_t size = sizeof segment;
  features.gso = getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &size) == 0;
  features.gro = enable(fd, SOL_UDP, UDP_GRO);
  features.kernelTimestamps = enable(fd, SOL_SOCKET, SO_TIMESTAMPNS);
  close(fd);
#endif
  return features;
}

int UdpSocket::open(const SocketAddress& address, int bufferBytes, bool gro) {
  fd = openDatagramSocket(address.any.sa_family);
  if (fd < 0) return errno;
  SocketAddress bound;
  socklen_t size = sizeof bound;
  const bool ok = (!address.isIpv6() || enable(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                  bind(fd, &address.any, address.size()) == 0 && getsockname(fd, &bound.any, &size) == 0;
  if (!ok) {
    const int error = errno;
    close(fd);
    fd = -1;
    return error;
  }
  port = bound.port();
  setBufferBytes(fd, bufferBytes);
#ifdef __linux__
  enable(fd, SOL_SOCKET, SO_TIMESTAMPNS);
  if (gro) enable(fd, SOL_UDP, UDP_GRO);
#else
  (void)gro;
#endif
  return 0;
}

bool isWouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace manifold
