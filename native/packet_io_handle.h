// What the JavaScript PacketIo wraps: the native one, the memory both share, and who keeps whom alive.
#pragma once

#include <memory>

#include "dtls_session.h"
#include "napi_support.h"
#include "packet_io.h"
#ifdef MANIFOLD_FLOOR
#include "../bench/native/floor_forwarder.h"
#endif

namespace manifold {

/**
 * The JavaScript object owns this one. From the first socket until the event loop has let go of the last, it is
 * pinned by a strong reference in turn, so that a callback always finds it.
 */
class PacketIoHandle {
 public:
  explicit PacketIoHandle(napi_env env) : env_(env) {}
  ~PacketIoHandle();

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
  static void onEnvironmentExit(napi_async_cleanup_hook_handle hook, void* handle);

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

}  // namespace manifold
