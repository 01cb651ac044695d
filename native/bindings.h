// The classes that addon.cc exports.
#pragma once

#include "hmac_sha1.h"
#include "napi_support.h"

namespace manifold {

napi_value definePacketIo(napi_env env);
napi_value defineDtlsSession(napi_env env);
napi_value defineSrtpContext(napi_env env);
napi_value makeDeriveSrtpKey(napi_env env);
napi_value makeHmacSha1(napi_env env);

class DtlsSession;

/** A new JavaScript DtlsSession over a native one; null with an exception pending on failure. */
napi_value wrapDtlsSession(napi_env env, DtlsSession* session);
/** The session inside, or null with an exception pending where it is freed or something else. */
DtlsSession* unwrapDtlsSession(napi_env env, napi_value value);

/** What belongs to one environment, kept as its instance data. */
struct Addon {
  /** The constructor. */
  napi_ref dtlsSession = nullptr;
  HmacSha1 hmac;
};

}  // namespace manifold
