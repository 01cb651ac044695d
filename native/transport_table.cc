#include "transport_table.h"

namespace manifold {

int32_t TransportTable::create() {
  int32_t id;
  if (transports_.size() < limit_) {
    id = static_cast<int32_t>(transports_.size());
    transports_.emplace_back();
  } else if (!freed_.empty()) {
    id = freed_.front();
    freed_.pop_front();
  } else {
    return -1;
  }
  transports_[static_cast<size_t>(id)] = std::make_unique<Transport>();
  transports_[static_cast<size_t>(id)]->id = id;
  return id;
}

void TransportTable::close(int32_t id) {
  Transport* transport = find(id);
  if (transport == nullptr) return;
  for (int i = 0; i < transport->addressCount; i++) addresses_.remove(transport->addresses[i], id);
  for (SocketOwner& owner : owners_) {
    // Still claimed, by nobody: what comes late is not another transport's.
    if (owner.transport == id) owner.accepts = SocketOwner::Accepts::Nothing;
  }
  transports_[static_cast<size_t>(id)].reset();
  freed_.push_back(id);
}

void TransportTable::setRemoteAddress(Transport* transport, int socket, const SocketAddress& address) {
  transport->selected = AddressKey(socket, address);
  transport->socket = socket;
  transport->remote = address;
  transport->plainOnly = false;
  if (ownerOf(socket) == nullptr) accept(transport, transport->selected);
}

void TransportTable::claimSocket(Transport* transport, int socket) {
  const size_t index = static_cast<size_t>(socket);
  if (index >= owners_.size()) owners_.resize(index + 1);
  owners_[index] = SocketOwner();
  owners_[index].transport = transport->id;
}

bool TransportTable::acceptFrom(int socket, SocketOwner::Accepts accepts, const SocketAddress& source) {
  if (ownerOf(socket) == nullptr) return false;
  SocketOwner& owner = owners_[static_cast<size_t>(socket)];
  owner.accepts = accepts;
  owner.source = AddressKey(socket, source);
  return true;
}

void TransportTable::addRemoteAddress(Transport* transport, int socket, const SocketAddress& address) {
  accept(transport, AddressKey(socket, address));
}

void TransportTable::accept(Transport* transport, const AddressKey& key) {
  AddressKey* list = transport->addresses;
  int count = transport->addressCount;
  int removed = -1;
  for (int i = 0; i < count; i++) {
    if (list[i] == key) removed = i;
  }
  if (removed < 0 && count == kMaxOtherAddresses + 1) {
    removed = list[0] == transport->selected && transport->socket >= 0 ? 1 : 0;
    addresses_.remove(list[removed], transport->id);
  }
  if (removed >= 0) {
    for (int i = removed; i + 1 < count; i++) list[i] = list[i + 1];
    count--;
  }
  list[count] = key;
  transport->addressCount = count + 1;
  addresses_.set(key, transport->id);
}

void TransportTable::forgetSocket(int socket) {
  if (ownerOf(socket) != nullptr) owners_[static_cast<size_t>(socket)] = SocketOwner();
  for (const std::unique_ptr<Transport>& transport : transports_) {
    if (!transport) continue;
    int kept = 0;
    for (int i = 0; i < transport->addressCount; i++) {
      if (transport->addresses[i].socket() == socket) {
        addresses_.remove(transport->addresses[i], transport->id);
      } else {
        transport->addresses[kept++] = transport->addresses[i];
      }
    }
    transport->addressCount = kept;
    if (transport->socket == socket) transport->socket = -1;
    if (transport->rtcpSocket == socket) transport->rtcpSocket = -1;
  }
}

void TransportTable::clear() {
  for (size_t id = 0; id < transports_.size(); id++) close(static_cast<int32_t>(id));
}

}  // namespace manifold
