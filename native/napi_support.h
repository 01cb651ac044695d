// What plain C Node-API needs around every call: arguments checked, failures turned into exceptions.
#pragma once

#define NAPI_VERSION 8
#include <node_api.h>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace manifold {

/** One call from JavaScript. The readers throw a TypeError there and return false where the argument is not it. */
class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  napi_value self() const { return self_; }
  napi_value at(size_t i) const { return arguments_[i]; }
  void* data() const { return data_; }

  /** The object wrapped in `this`. Classes made by Node-API check `this` themselves before a method is called. */
  template <typename T>
  T* unwrap() const {
    void* native = nullptr;
    napi_unwrap(env_, self_, &native);
    return static_cast<T*>(native);
  }

  bool integer(size_t i, int32_t* value) const;
  bool number(size_t i, double* value) const;
  bool boolean(size_t i, bool* value) const;
  bool text(size_t i, std::string* value) const;
  bool bytes(size_t i, uint8_t** data, size_t* size) const;
  bool function(size_t i) const;

 private:
  bool refuse(size_t i, const char* expected) const;

  static constexpr size_t kMaxArguments = 8;
  napi_env env_;
  napi_value self_ = nullptr;
  napi_value arguments_[kMaxArguments] = {};
  void* data_ = nullptr;
};

struct Method {
  const char* name;
  napi_callback callback;
  bool getter = false;
};

/** Defines a class whose constructor is `construct`. Null with an exception pending on failure. */
napi_value defineClass(napi_env env, const char* name, napi_callback construct, std::initializer_list<Method> methods);

napi_value makeInteger(napi_env env, int32_t value);
napi_value makeText(napi_env env, const char* text, size_t size);
inline napi_value makeText(napi_env env, const std::string& text) { return makeText(env, text.data(), text.size()); }
napi_value makeBoolean(napi_env env, bool value);
napi_value makeNull(napi_env env);

/** Throws an Error and returns null, to be returned in turn. `code` may be null. */
napi_value throwError(napi_env env, const char* code, const std::string& message);

/** The tags that tell a DtlsSession from any other wrapped object. */
extern const napi_type_tag kDtlsSessionTag;

}  // namespace manifold
