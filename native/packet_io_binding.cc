// PacketIo for JavaScript. Addresses come as text and port; src/packet-io/addon-packet-io.ts gives it the form
// of packet-io.ts.
#include <openssl/crypto.h>

#include <cerrno>
#include <cstring>

#include "bindings.h"
#include "packet_io_handle.h"

namespace manifold {

namespace {

void finalize(napi_env, void* handle, void*) { delete static_cast<PacketIoHandle*>(handle); }

napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  std::unique_ptr<PacketIoHandle> handle = std::make_unique<PacketIoHandle>(env);
  if (!handle->init(call)) return nullptr;
  if (napi_wrap(env, call.self(), handle.get(), finalize, nullptr, nullptr) != napi_ok) {
    return throwError(env, nullptr, "PacketIo cannot be wrapped.");
  }
  handle.release();
  return call.self();
}

/** The handle while it is open; null with an exception pending afterwards. */
PacketIoHandle* handleOf(const Call& call) {
  PacketIoHandle* handle = call.unwrap<PacketIoHandle>();
  if (handle != nullptr && handle->io && !handle->io->closed()) return handle;
  throwError(call.env(), "ERR_CLOSED", "PacketIo is closed.");
  return nullptr;
}

std::string describe(const std::string& address, int32_t port) {
  const bool ipv6 = address.find(':') != std::string::npos;
  return (ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

bool readAddress(const Call& call, size_t i, SocketAddress* address) {
  std::string text;
  int32_t port;
  if (!call.text(i, &text) || !call.integer(i + 1, &port)) return false;
  if (port >= 0 && port <= 65535 && SocketAddress::parse(text.c_str(), static_cast<uint16_t>(port), address)) return true;
  throwError(call.env(), "ERR_INVALID_ADDRESS", describe(text, port) + " is not a literal address and port.");
  return false;
}

UdpSocket* readSocket(const Call& call, PacketIoHandle* handle, size_t i) {
  int32_t id;
  if (!call.integer(i, &id)) return nullptr;
  UdpSocket* socket = handle->io->findSocket(id);
  if (socket == nullptr) throwError(call.env(), "ERR_NO_SOCKET", "There is no socket " + std::to_string(id) + ".");
  return socket;
}

Transport* readTransport(const Call& call, PacketIoHandle* handle, size_t i) {
  int32_t id;
  if (!call.integer(i, &id)) return nullptr;
  Transport* transport = handle->io->transports()->find(id);
  if (transport == nullptr) {
    throwError(call.env(), "ERR_NO_TRANSPORT", "There is no transport " + std::to_string(id) + ".");
  }
  return transport;
}

/** openSocket(address, port) → socket id; its port is told by socketPort(). */
napi_value openSocket(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  SocketAddress address;
  if (handle == nullptr || !readAddress(call, 0, &address)) return nullptr;
  UdpSocket* socket = nullptr;
  const int error = handle->io->openSocket(address, &socket);
  if (error != 0) {
    std::string text;
    call.text(0, &text);
    const int status = uv_translate_sys_error(error);
    return throwError(env, uv_err_name(status), std::string("UDP ") + describe(text, address.port()) +
                                                    " cannot be opened: " + uv_strerror(status) + " (" +
                                                    uv_err_name(status) + ")");
  }
  handle->pin(call.self());
  return makeInteger(env, socket->id);
}

napi_value socketPort(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  UdpSocket* socket = handle == nullptr ? nullptr : readSocket(call, handle, 0);
  return socket == nullptr ? nullptr : makeInteger(env, socket->port);
}

napi_value closeSocket(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  UdpSocket* socket = handle == nullptr ? nullptr : readSocket(call, handle, 0);
  if (socket != nullptr) handle->io->closeSocket(socket->id);
  return nullptr;
}

napi_value start(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  if (handle != nullptr && call.function(0)) handle->start(call.at(0));
  return nullptr;
}

napi_value createTransport(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  if (handle == nullptr) return nullptr;
  const int32_t id = handle->io->transports()->create();
  if (id < 0) return throwError(env, "ERR_TRANSPORT_LIMIT", "All transports are in use.");
  return makeInteger(env, id);
}

template <bool select>
napi_value addAddress(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  UdpSocket* socket = transport == nullptr ? nullptr : readSocket(call, handle, 1);
  SocketAddress address;
  if (socket == nullptr || !readAddress(call, 2, &address)) return nullptr;
  if (select) {
    handle->io->transports()->setRemoteAddress(transport, socket->id, address);
  } else {
    handle->io->transports()->addRemoteAddress(transport, socket->id, address);
  }
  return nullptr;
}

napi_value installSrtp(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  DtlsSession* session = transport == nullptr ? nullptr : unwrapDtlsSession(env, call.at(1));
  if (session == nullptr) return nullptr;
  std::unique_ptr<SrtpSession> srtp = session->exportSrtp();
  if (!srtp) return throwError(env, "ERR_NO_SRTP_KEYS", "The DTLS session is not connected with an SRTP profile.");
  transport->srtp = std::move(srtp);
  return nullptr;
}

/** claimSocket(transport, socket) */
napi_value claimSocket(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  UdpSocket* socket = transport == nullptr ? nullptr : readSocket(call, handle, 1);
  if (socket != nullptr) handle->io->transports()->claimSocket(transport, socket->id);
  return nullptr;
}

/** acceptFrom(socket, any) or acceptFrom(socket, address, port) */
napi_value acceptFrom(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  UdpSocket* socket = handle == nullptr ? nullptr : readSocket(call, handle, 0);
  if (socket == nullptr) return nullptr;
  SocketAddress address;
  SocketOwner::Accepts accepts = SocketOwner::Accepts::OneSource;
  napi_valuetype type = napi_undefined;
  if (napi_typeof(env, call.at(1), &type) == napi_ok && type == napi_boolean) {
    bool any = false;
    if (!call.boolean(1, &any)) return nullptr;
    accepts = any ? SocketOwner::Accepts::AnySource : SocketOwner::Accepts::Nothing;
  } else if (!readAddress(call, 1, &address)) {
    return nullptr;
  }
  if (handle->io->transports()->acceptFrom(socket->id, accepts, address)) return nullptr;
  return throwError(env, "ERR_NOT_CLAIMED", "The socket is no transport's own.");
}

/** setRtcpAddress(transport, socket, address, port) */
napi_value setRtcpAddress(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  UdpSocket* socket = transport == nullptr ? nullptr : readSocket(call, handle, 1);
  SocketAddress address;
  if (socket == nullptr || !readAddress(call, 2, &address)) return nullptr;
  handle->io->transports()->setRtcpAddress(transport, socket->id, address);
  return nullptr;
}

/** Key and salt in one piece, as RFC 4568 writes them. */
bool readMasterKeys(const Call& call, size_t i, SrtpProfile profile, SrtpMasterKeys* keys) {
  const SrtpProfileFacts& facts = factsOf(profile);
  uint8_t* data;
  size_t size;
  if (!call.bytes(i, &data, &size)) return false;
  if (size != facts.keyBytes + facts.saltBytes) {
    throwError(call.env(), "ERR_OUT_OF_RANGE", std::string("wrong length of key and salt for ") + facts.name);
    return false;
  }
  *keys = {};
  memcpy(keys->key, data, facts.keyBytes);
  memcpy(keys->salt, data + facts.keyBytes, facts.saltBytes);
  return true;
}

/** installKeys(transport, profile, inbound, outbound) */
napi_value installKeys(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  std::string name;
  SrtpProfile profile;
  if (transport == nullptr || !call.text(1, &name)) return nullptr;
  if (!findSrtpProfile(name, &profile)) return throwError(env, nullptr, "unknown SRTP profile " + name);
  SrtpMasterKeys inbound;
  SrtpMasterKeys outbound;
  if (!readMasterKeys(call, 2, profile, &inbound) || !readMasterKeys(call, 3, profile, &outbound)) return nullptr;
  transport->srtp = SrtpSession::create(profile, inbound, outbound);
  OPENSSL_cleanse(&inbound, sizeof inbound);
  OPENSSL_cleanse(&outbound, sizeof outbound);
  if (!transport->srtp) return throwError(env, nullptr, "OpenSSL refuses the SRTP keys.");
  transport->unprotected = false;
  return nullptr;
}

napi_value useUnprotected(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  if (transport == nullptr) return nullptr;
  transport->srtp.reset();
  transport->unprotected = true;
  return nullptr;
}

napi_value closeTransport(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  if (transport != nullptr) handle->io->transports()->close(transport->id);
  return nullptr;
}

/** createDtls(client: boolean) */
napi_value createDtls(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  bool client;
  if (handle == nullptr || !call.boolean(0, &client)) return nullptr;
  std::unique_ptr<DtlsSession> session =
      DtlsSession::create(handle->dtls, client ? DtlsSession::Role::Client : DtlsSession::Role::Server);
  if (!session) return throwError(env, nullptr, "A DTLS session cannot be made: " + takeOpensslError());
  return wrapDtlsSession(env, session.release());
}

napi_value localFingerprint(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  std::string hash;
  if (handle == nullptr || !call.text(0, &hash)) return nullptr;
  const std::string fingerprint = handle->dtls->fingerprint(hash.c_str());
  if (fingerprint.empty()) return throwError(env, nullptr, "unknown hash " + hash);
  return makeText(env, fingerprint);
}

/** sendTo(socket, address, port, datagram) */
napi_value sendTo(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  UdpSocket* socket = handle == nullptr ? nullptr : readSocket(call, handle, 0);
  SocketAddress address;
  uint8_t* data;
  size_t size;
  if (socket == nullptr || !readAddress(call, 1, &address) || !call.bytes(3, &data, &size)) return nullptr;
  handle->io->sendTo(socket, address, data, size);
  return nullptr;
}

napi_value sendRaw(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  Transport* transport = handle == nullptr ? nullptr : readTransport(call, handle, 0);
  uint8_t* data;
  size_t size;
  if (transport == nullptr || !call.bytes(1, &data, &size)) return nullptr;
  if (!handle->io->sendRaw(transport, data, size)) {
    return throwError(env, "ERR_NO_REMOTE_ADDRESS", "The transport has no remote address yet.");
  }
  return nullptr;
}

napi_value flush(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  int32_t count;
  if (handle == nullptr || !call.integer(0, &count)) return nullptr;
  if (count < 0 || count > kOutboxCapacity) return throwError(env, "ERR_OUT_OF_RANGE", "no such count of records");
  handle->io->flush(count);
  return nullptr;
}

#ifdef MANIFOLD_FLOOR
/** routeFloor(transport, ssrc, targets): targets are triples of transport, SSRC and payload type in an Int32Array. */
napi_value routeFloor(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  int32_t transport;
  int32_t ssrc;
  void* data = nullptr;
  size_t length = 0;
  if (handle == nullptr || !call.integer(0, &transport) || !call.integer(1, &ssrc)) return nullptr;
  if (napi_get_typedarray_info(env, call.at(2), nullptr, &length, &data, nullptr, nullptr) != napi_ok) {
    return throwError(env, nullptr, "targets must be an Int32Array");
  }
  const int32_t* triple = static_cast<const int32_t*>(data);
  std::vector<FloorForwarder::Target> targets;
  for (size_t i = 0; i + 3 <= length; i += 3) {
    targets.push_back({triple[i], static_cast<uint32_t>(triple[i + 1]), static_cast<uint8_t>(triple[i + 2])});
  }
  handle->floor->route(transport, static_cast<uint32_t>(ssrc), std::move(targets));
  return nullptr;
}
#endif

napi_value gso(napi_env env, napi_callback_info info) {
  return makeBoolean(env, Call(env, info).unwrap<PacketIoHandle>()->io->gso());
}

napi_value batchedIo(napi_env env, napi_callback_info info) {
  return makeBoolean(env, Call(env, info).unwrap<PacketIoHandle>()->io->features().batchedIo);
}

napi_value kernelTimestamps(napi_env env, napi_callback_info info) {
  return makeBoolean(env, Call(env, info).unwrap<PacketIoHandle>()->io->features().kernelTimestamps);
}

/** injectSendFault(errorName, calls), for tests: the next so many system calls to send fail. */
napi_value injectSendFault(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = handleOf(call);
  std::string name;
  int32_t calls;
  if (handle == nullptr || !call.text(0, &name) || !call.integer(1, &calls)) return nullptr;
  for (int error : {EAGAIN, EINVAL, EIO, ENOBUFS, ECONNREFUSED, EMSGSIZE, EPERM}) {
    if (name == uv_err_name(uv_translate_sys_error(error))) {
      handle->io->systemCall()->injectFault(error, calls);
      return nullptr;
    }
  }
  return throwError(env, nullptr, "unknown error " + name);
}

napi_value close(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoHandle* handle = call.unwrap<PacketIoHandle>();
  if (handle != nullptr) handle->close();
  return nullptr;
}

}  // namespace

napi_value definePacketIo(napi_env env) {
  return defineClass(env, "PacketIo", construct,
                     {{"openSocket", openSocket},
                      {"socketPort", socketPort},
                      {"closeSocket", closeSocket},
                      {"start", start},
                      {"createTransport", createTransport},
                      {"setRemoteAddress", addAddress<true>},
                      {"addRemoteAddress", addAddress<false>},
                      {"installSrtp", installSrtp},
                      {"claimSocket", claimSocket},
                      {"acceptFrom", acceptFrom},
                      {"setRtcpAddress", setRtcpAddress},
                      {"installKeys", installKeys},
                      {"useUnprotected", useUnprotected},
                      {"closeTransport", closeTransport},
                      {"createDtls", createDtls},
                      {"localFingerprint", localFingerprint},
                      {"sendTo", sendTo},
                      {"sendRaw", sendRaw},
                      {"flush", flush},
#ifdef MANIFOLD_FLOOR
                      {"routeFloor", routeFloor},
#endif
                      {"gso", gso, true},
                      {"batchedIo", batchedIo, true},
                      {"kernelTimestamps", kernelTimestamps, true},
                      {"injectSendFault", injectSendFault},
                      {"close", close}});
}

}  // namespace manifold
