#include "datagram_bio.h"

#include <algorithm>
#include <cstring>

namespace manifold {

namespace {

int writeDatagram(BIO* bio, const char* data, int size) {
  DatagramQueue* queue = static_cast<DatagramQueue*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size > 0 && queue->outgoing.size() < kMaxOutgoingDatagrams) queue->outgoing.emplace_back(data, data + size);
  return size;  // beyond the limit it is lost, as on a network
}

int readDatagram(BIO* bio, char* out, int room) {
  DatagramQueue* queue = static_cast<DatagramQueue*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (queue->incoming == nullptr) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t size = std::min(queue->incomingBytes, static_cast<size_t>(room));
  memcpy(out, queue->incoming, size);
  queue->incoming = nullptr;
  return static_cast<int>(size);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* datagramMethod() {
  // Made once for the process and never freed: sessions of any environment may still use it.
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "manifold datagram");
    if (made == nullptr) return made;
    BIO_meth_set_write(made, writeDatagram);
    BIO_meth_set_read(made, readDatagram);
    BIO_meth_set_ctrl(made, control);
    BIO_meth_set_create(made, create);
    return made;
  }();
  return method;
}

}  // namespace

BIO* createDatagramBio(DatagramQueue* queue) {
  const BIO_METHOD* method = datagramMethod();
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio != nullptr) BIO_set_data(bio, queue);
  return bio;
}

}  // namespace manifold
