#include "packet_io_handle.h"

#include <openssl/rand.h>

namespace manifold {

namespace {

constexpr int32_t kMinSlots = 2 * kBatchSize;
// 1.6 GB; keeps every byte offset within an Int32.
constexpr int32_t kMaxSlots = 1 << 20;
constexpr int32_t kMaxTransportsLimit = 1 << 20;

}  // namespace

template <typename T>
T* PacketIoHandle::makeArray(napi_value self, const char* name, napi_typedarray_type type, size_t length) {
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

bool PacketIoHandle::init(const Call& call) {
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
  // Fresh memory is mapped page by page on first use: better now than one page fault for every few packets later.
  memset(memory.inbox.arena, 0, arenaBytes);
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

PacketIoHandle::~PacketIoHandle() {
  release();
  for (int i = 0; i < arrayCount_; i++) {
    if (arrays_[i] != nullptr) napi_delete_reference(env_, arrays_[i]);
  }
  if (asyncContext_ != nullptr) napi_async_destroy(env_, asyncContext_);
}

void PacketIoHandle::onEnvironmentExit(napi_async_cleanup_hook_handle, void* handle) {
  static_cast<PacketIoHandle*>(handle)->close();
}

void PacketIoHandle::close() {
  if (io) io->close([this] { release(); });
}

/** Called when the event loop knows nothing of it any more. */
void PacketIoHandle::release() {
  if (exitHook_ != nullptr) napi_remove_async_cleanup_hook(exitHook_);
  if (handler_ != nullptr) napi_delete_reference(env_, handler_);
  exitHook_ = nullptr;
  handler_ = nullptr;
  // Last: from here on the object may be collected.
  if (self_ != nullptr) napi_delete_reference(env_, self_);
  self_ = nullptr;
}

void PacketIoHandle::pin(napi_value self) {
  if (self_ == nullptr) napi_create_reference(env_, self, 1, &self_);
}

bool PacketIoHandle::start(napi_value handler) {
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

void PacketIoHandle::deliver(int count) {
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

}  // namespace manifold
