// sendmmsg where the kernel has it, the same by a loop elsewhere.
#pragma once

#include <sys/socket.h>

namespace manifold {

#ifdef __linux__
using SendMessage = mmsghdr;
#else
struct SendMessage {
  msghdr msg_hdr;
  unsigned int msg_len;
};
#endif

/**
 * The system call behind every send, with a fault that a test can set: the next `calls` calls then fail with
 * `error` and send nothing.
 */
class SendMessages {
 public:
  /** Returns how many messages went out, or -1 with errno about the first. */
  int call(int fd, SendMessage* messages, int count);

  void injectFault(int error, int calls) {
    faultError_ = error;
    faultCalls_ = calls;
  }

 private:
  int faultError_ = 0;
  int faultCalls_ = 0;
};

}  // namespace manifold
