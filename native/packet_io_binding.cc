// PacketIo for JavaScript. Addresses come as text and port; src/packet-io/addon-packet-io.ts gives it the form
// of packet-io.ts.
#include <openssl/rand.h>

#include <cerrno>

#include "bindings.h"
#include "dtls_session.h"
#include "packet_io.h"
#ifdef MANIFOLD_FLOOR
#include "../bench/native/floor_forwarder.h"
#endif

namespace manifold {

namespace {

constexpr int32_t kMinSlots = 2 * kBatchSize;
// 1.6 GB; keeps every byte offset within an Int32.
constexpr int32_t kMaxSlots = 1 << 20;
constexpr int32_t kMaxTransportsLimit = 1 << 20;

/** What the JavaScript object wraps. */
class PacketIoBinding {
 public:
  explicit PacketIoBinding(napi_env env) : env_(env) {}
  ~PacketIoBinding();

  bool init(const Call& call);
  void deliver(int count);
  void close();
  bool start(napi_value handler);
  /** Keeps the JavaScript object while the event loop may call it. */
  void pin(napi_value self);

  std::unique_ptr<PacketIo> io;
  std::shared_ptr<DtlsContext> dtls;
#ifdef MANIFOLD_FLOOR
  std::unique_ptr<FloorForwarder> floor;
#endif

 private:
  static void onEnvironmentExit(napi_async_cleanup_hook_handle handle, void* binding);

  template <typename T>
  T* makeArray(napi_value self, const char* name, napi_typedarray_type type, size_t length);
  void release();

  napi_env env_;
  napi_async_cleanup_hook_handle exitHook_ = nullptr;
  napi_async_context asyncContext_ = nullptr;
  napi_ref self_ = nullptr;
  napi_ref handler_ = nullptr;
  // The arrays' memory must not move or go while native code writes to it.
  static constexpr int kArrays = 7;
  napi_ref arrays_[kArrays] = {};
  int arrayCount_ = 0;
};

template <typename T>
T* PacketIoBinding::makeArray(napi_value self, const char* name, napi_typedarray_type type, size_t length) {
  void* memory = nullptr;
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  if (napi_create_arraybuffer(env_, length * sizeof(T), &memory, &buffer) != napi_ok ||
      napi_create_typedarray(env_, type, length, buffer, 0, &array) != napi_ok ||
      napi_create_reference(env_, buffer, 1, &arrays_[arrayCount_++]) != napi_ok ||
      napi_set_named_property(env_, self, name, array) != napi_ok) {
    return nullptr;
  }
  return static_cast<T*>(memory);
}

bool PacketIoBinding::init(const Call& call) {
  int32_t slotCount;
  int32_t maxTransports;
  PacketIo::Options options = {};
  double clockOriginNanos;
  if (!call.integer(0, &slotCount) || !call.integer(1, &maxTransports) || !call.boolean(2, &options.gso) ||
      !call.integer(3, &options.socketBufferBytes) || !call.number(4, &clockOriginNanos)) {
    return false;
  }
  if (slotCount < kMinSlots || slotCount > kMaxSlots || (slotCount & (slotCount - 1)) != 0) {
    throwError(env_, "ERR_OUT_OF_RANGE",
               "slotCount must be a power of two from " + std::to_string(kMinSlots) + " to " + std::to_string(kMaxSlots));
    return false;
  }
  if (maxTransports < 1 || maxTransports > kMaxTransportsLimit) {
    throwError(env_, "ERR_OUT_OF_RANGE", "maxTransports must be from 1 to " + std::to_string(kMaxTransportsLimit));
    return false;
  }
  options.maxTransports = static_cast<uint32_t>(maxTransports);
  options.clockOriginNanos = static_cast<int64_t>(clockOriginNanos);
  RAND_bytes(reinterpret_cast<uint8_t*>(&options.hashSeed), sizeof options.hashSeed);

  std::string error;
  dtls = DtlsContext::create(&error);
  if (!dtls) {
    throwError(env_, nullptr, error);
    return false;
  }

  const size_t arenaBytes = static_cast<size_t>(slotCount + kBatchSize) * kSlotBytes;
  const napi_value self = call.self();
  PacketIo::Memory memory = {};
  memory.inbox.arena = makeArray<uint8_t>(self, "arena", napi_uint8_array, arenaBytes);
  memory.inbox.slotCount = static_cast<uint32_t>(slotCount);
  memory.inbox.records = makeArray<int32_t>(self, "inbox", napi_int32_array, kBatchSize * kInboxStride);
  memory.inbox.arrivals = makeArray<double>(self, "arrivals", napi_float64_array, kBatchSize);
  memory.inbox.addresses = makeArray<uint8_t>(self, "inboxAddresses", napi_uint8_array, kBatchSize * kAddressStride);
  uint8_t* prefixes = makeArray<uint8_t>(self, "prefixes", napi_uint8_array, kPrefixArenaBytes);
  int32_t* outbox = makeArray<int32_t>(self, "outbox", napi_int32_array, kOutboxCapacity * kOutboxStride);
  memory.counters = makeArray<double>(self, "counterValues", napi_float64_array, kCounterCount);
  if (memory.inbox.arena == nullptr || memory.inbox.records == nullptr || memory.inbox.arrivals == nullptr ||
      memory.inbox.addresses == nullptr || prefixes == nullptr || outbox == nullptr || memory.counters == nullptr) {
    throwError(env_, nullptr, "The packet arena of " + std::to_string(arenaBytes) + " bytes cannot be allocated.");
    return false;
  }
  memory.outbox = {outbox, prefixes, memory.inbox.arena, arenaBytes};

  uv_loop_t* loop = nullptr;
  napi_value name = makeText(env_, std::string("manifold.PacketIo"));
  if (napi_get_uv_event_loop(env_, &loop) != napi_ok ||
      napi_async_init(env_, nullptr, name, &asyncContext_) != napi_ok ||
      napi_add_async_cleanup_hook(env_, onEnvironmentExit, this, &exitHook_) != napi_ok) {
    throwError(env_, nullptr, "Node-API refuses the event loop.");
    return false;
  }
  io = std::make_unique<PacketIo>(loop, options, memory);
#ifdef MANIFOLD_FLOOR
  floor = std::make_unique<FloorForwarder>(io.get(), memory, outbox, prefixes);
#endif
  return true;
}

PacketIoBinding::~PacketIoBinding() {
  release();
  for (int i = 0; i < arrayCount_; i++) {
    if (arrays_[i] != nullptr) napi_delete_reference(env_, arrays_[i]);
  }
  if (asyncContext_ != nullptr) napi_async_destroy(env_, asyncContext_);
}

void PacketIoBinding::onEnvironmentExit(napi_async_cleanup_hook_handle, void* binding) {
  static_cast<PacketIoBinding*>(binding)->close();
}

void PacketIoBinding::close() {
  if (io) io->close([this] { release(); });
}

/** Called when the event loop knows nothing of it any more. */
void PacketIoBinding::release() {
  if (exitHook_ != nullptr) napi_remove_async_cleanup_hook(exitHook_);
  if (handler_ != nullptr) napi_delete_reference(env_, handler_);
  exitHook_ = nullptr;
  handler_ = nullptr;
  // Last: from here on the object may be collected.
  if (self_ != nullptr) napi_delete_reference(env_, self_);
  self_ = nullptr;
}

void PacketIoBinding::pin(napi_value self) {
  if (self_ == nullptr) napi_create_reference(env_, self, 1, &self_);
}

bool PacketIoBinding::start(napi_value handler) {
  if (handler_ != nullptr) napi_delete_reference(env_, handler_);
  handler_ = nullptr;
  if (napi_create_reference(env_, handler, 1, &handler_) != napi_ok) return false;
#ifdef MANIFOLD_FLOOR
  io->start([this](int count) {
    count = floor->forward(count);
    if (count > 0) deliver(count);
  });
#else
  io->start([this](int count) { deliver(count); });
#endif
  return true;
}

void PacketIoBinding::deliver(int count) {
  napi_handle_scope handles = nullptr;
  napi_callback_scope callback = nullptr;
  napi_value self = nullptr;
  napi_value handler = nullptr;
  if (napi_open_handle_scope(env_, &handles) != napi_ok) return;
  napi_get_reference_value(env_, self_, &self);
  napi_get_reference_value(env_, handler_, &handler);
  if (napi_open_callback_scope(env_, self, asyncContext_, &callback) == napi_ok) {
    const napi_value argument = makeInteger(env_, count);
    if (napi_call_function(env_, self, handler, 1, &argument, nullptr) == napi_pending_exception) {
      napi_value error = nullptr;
      // A bug above: an 'uncaughtException' like any other, after which receiving goes on if the process does.
      if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
    }
    napi_close_callback_scope(env_, callback);
  }
  napi_close_handle_scope(env_, handles);
}

void finalize(napi_env, void* binding, void*) { delete static_cast<PacketIoBinding*>(binding); }

napi_value construct(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  std::unique_ptr<PacketIoBinding> binding = std::make_unique<PacketIoBinding>(env);
  if (!binding->init(call)) return nullptr;
  if (napi_wrap(env, call.self(), binding.get(), finalize, nullptr, nullptr) != napi_ok) {
    return throwError(env, nullptr, "PacketIo cannot be wrapped.");
  }
  binding.release();
  return call.self();
}

/** The binding while it is open; null with an exception pending afterwards. */
PacketIoBinding* bindingOf(const Call& call) {
  PacketIoBinding* binding = call.unwrap<PacketIoBinding>();
  if (binding != nullptr && binding->io && !binding->io->closed()) return binding;
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

UdpSocket* readSocket(const Call& call, PacketIoBinding* binding, size_t i) {
  int32_t id;
  if (!call.integer(i, &id)) return nullptr;
  UdpSocket* socket = binding->io->findSocket(id);
  if (socket == nullptr) throwError(call.env(), "ERR_NO_SOCKET", "There is no socket " + std::to_string(id) + ".");
  return socket;
}

Transport* readTransport(const Call& call, PacketIoBinding* binding, size_t i) {
  int32_t id;
  if (!call.integer(i, &id)) return nullptr;
  Transport* transport = binding->io->transports()->find(id);
  if (transport == nullptr) {
    throwError(call.env(), "ERR_NO_TRANSPORT", "There is no transport " + std::to_string(id) + ".");
  }
  return transport;
}

/** openSocket(address, port) → socket id; its port is told by socketPort(). */
napi_value openSocket(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  SocketAddress address;
  if (binding == nullptr || !readAddress(call, 0, &address)) return nullptr;
  UdpSocket* socket = nullptr;
  const int error = binding->io->openSocket(address, &socket);
  if (error != 0) {
    std::string text;
    call.text(0, &text);
    const int status = uv_translate_sys_error(error);
    return throwError(env, uv_err_name(status), std::string("UDP ") + describe(text, address.port()) +
                                                    " cannot be opened: " + uv_strerror(status) + " (" +
                                                    uv_err_name(status) + ")");
  }
  binding->pin(call.self());
  return makeInteger(env, socket->id);
}

napi_value socketPort(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  UdpSocket* socket = binding == nullptr ? nullptr : readSocket(call, binding, 0);
  return socket == nullptr ? nullptr : makeInteger(env, socket->port);
}

napi_value closeSocket(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  UdpSocket* socket = binding == nullptr ? nullptr : readSocket(call, binding, 0);
  if (socket != nullptr) binding->io->closeSocket(socket->id);
  return nullptr;
}

napi_value start(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  if (binding != nullptr && call.function(0)) binding->start(call.at(0));
  return nullptr;
}

napi_value createTransport(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  if (binding == nullptr) return nullptr;
  const int32_t id = binding->io->transports()->create();
  if (id < 0) return throwError(env, "ERR_TRANSPORT_LIMIT", "All transports are in use.");
  return makeInteger(env, id);
}

template <bool select>
napi_value addAddress(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  Transport* transport = binding == nullptr ? nullptr : readTransport(call, binding, 0);
  UdpSocket* socket = transport == nullptr ? nullptr : readSocket(call, binding, 1);
  SocketAddress address;
  if (socket == nullptr || !readAddress(call, 2, &address)) return nullptr;
  if (select) {
    binding->io->transports()->setRemoteAddress(transport, socket->id, address);
  } else {
    binding->io->transports()->addRemoteAddress(transport, socket->id, address);
  }
  return nullptr;
}

napi_value installSrtp(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  Transport* transport = binding == nullptr ? nullptr : readTransport(call, binding, 0);
  DtlsSession* session = transport == nullptr ? nullptr : unwrapDtlsSession(env, call.at(1));
  if (session == nullptr) return nullptr;
  std::unique_ptr<SrtpSession> srtp = session->exportSrtp();
  if (!srtp) return throwError(env, "ERR_NO_SRTP_KEYS", "The DTLS session is not connected with an SRTP profile.");
  transport->srtp = std::move(srtp);
  return nullptr;
}

napi_value closeTransport(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  Transport* transport = binding == nullptr ? nullptr : readTransport(call, binding, 0);
  if (transport != nullptr) binding->io->transports()->close(transport->id);
  return nullptr;
}

/** createDtls(client: boolean) */
napi_value createDtls(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  bool client;
  if (binding == nullptr || !call.boolean(0, &client)) return nullptr;
  std::unique_ptr<DtlsSession> session =
      DtlsSession::create(binding->dtls, client ? DtlsSession::Role::Client : DtlsSession::Role::Server);
  if (!session) return throwError(env, nullptr, "A DTLS session cannot be made: " + takeOpensslError());
  return wrapDtlsSession(env, session.release());
}

napi_value localFingerprint(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  std::string hash;
  if (binding == nullptr || !call.text(0, &hash)) return nullptr;
  const std::string fingerprint = binding->dtls->fingerprint(hash.c_str());
  if (fingerprint.empty()) return throwError(env, nullptr, "unknown hash " + hash);
  return makeText(env, fingerprint);
}

/** sendTo(socket, address, port, datagram) */
napi_value sendTo(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  UdpSocket* socket = binding == nullptr ? nullptr : readSocket(call, binding, 0);
  SocketAddress address;
  uint8_t* data;
  size_t size;
  if (socket == nullptr || !readAddress(call, 1, &address) || !call.bytes(3, &data, &size)) return nullptr;
  binding->io->sendTo(socket, address, data, size);
  return nullptr;
}

napi_value sendRaw(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  Transport* transport = binding == nullptr ? nullptr : readTransport(call, binding, 0);
  uint8_t* data;
  size_t size;
  if (transport == nullptr || !call.bytes(1, &data, &size)) return nullptr;
  if (!binding->io->sendRaw(transport, data, size)) {
    return throwError(env, "ERR_NO_REMOTE_ADDRESS", "The transport has no remote address yet.");
  }
  return nullptr;
}

napi_value flush(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  int32_t count;
  if (binding == nullptr || !call.integer(0, &count)) return nullptr;
  if (count < 0 || count > kOutboxCapacity) return throwError(env, "ERR_OUT_OF_RANGE", "no such count of records");
  binding->io->flush(count);
  return nullptr;
}

#ifdef MANIFOLD_FLOOR
/** routeFloor(transport, ssrc, targets): targets are triples of transport, SSRC and payload type in an Int32Array. */
napi_value routeFloor(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  int32_t transport;
  int32_t ssrc;
  void* data = nullptr;
  size_t length = 0;
  if (binding == nullptr || !call.integer(0, &transport) || !call.integer(1, &ssrc)) return nullptr;
  if (napi_get_typedarray_info(env, call.at(2), nullptr, &length, &data, nullptr, nullptr) != napi_ok) {
    return throwError(env, nullptr, "targets must be an Int32Array");
  }
  const int32_t* triple = static_cast<const int32_t*>(data);
  std::vector<FloorForwarder::Target> targets;
  for (size_t i = 0; i + 3 <= length; i += 3) {
    targets.push_back({triple[i], static_cast<uint32_t>(triple[i + 1]), static_cast<uint8_t>(triple[i + 2])});
  }
  binding->floor->route(transport, static_cast<uint32_t>(ssrc), std::move(targets));
  return nullptr;
}
#endif

napi_value gso(napi_env env, napi_callback_info info) {
  return makeBoolean(env, Call(env, info).unwrap<PacketIoBinding>()->io->gso());
}

napi_value batchedIo(napi_env env, napi_callback_info info) {
  return makeBoolean(env, Call(env, info).unwrap<PacketIoBinding>()->io->features().batchedIo);
}

napi_value kernelTimestamps(napi_env env, napi_callback_info info) {
  return makeBoolean(env, Call(env, info).unwrap<PacketIoBinding>()->io->features().kernelTimestamps);
}

/** injectSendFault(errorName, calls), for tests: the next so many system calls to send fail. */
napi_value injectSendFault(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = bindingOf(call);
  std::string name;
  int32_t calls;
  if (binding == nullptr || !call.text(0, &name) || !call.integer(1, &calls)) return nullptr;
  for (int error : {EAGAIN, EINVAL, EIO, ENOBUFS, ECONNREFUSED, EMSGSIZE, EPERM}) {
    if (name == uv_err_name(uv_translate_sys_error(error))) {
      binding->io->systemCall()->injectFault(error, calls);
      return nullptr;
    }
  }
  return throwError(env, nullptr, "unknown error " + name);
}

napi_value close(napi_env env, napi_callback_info info) {
  const Call call(env, info);
  PacketIoBinding* binding = call.unwrap<PacketIoBinding>();
  if (binding != nullptr) binding->close();
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
