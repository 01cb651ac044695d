#include "send_messages.h"

#include <cerrno>

namespace manifold {

int SendMessages::call(int fd, SendMessage* messages, int count) {
  if (faultCalls_ > 0) {
    faultCalls_--;
    errno = faultError_;
    return -1;
  }
#ifdef __linux__
  int sent;
  do {
    sent = sendmmsg(fd, messages, static_cast<unsigned int>(count), MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
#else
  for (int i = 0; i < count; i++) {
    ssize_t size;
    do {
      size = sendmsg(fd, &messages[i].msg_hdr, MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return i > 0 ? i : -1;
    messages[i].msg_len = static_cast<unsigned int>(size);
  }
  return count;
#endif
}

}  // namespace manifold
