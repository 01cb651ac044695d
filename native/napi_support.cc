#include "napi_support.h"

#include <vector>

namespace manifold {

const napi_type_tag kDtlsSessionTag = {0x6d616e69666f6c64, 0x64746c7373657373};

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = kMaxArguments;
  napi_get_cb_info(env, info, &count, arguments_, &self_, &data_);
}

bool Call::refuse(size_t i, const char* expected) const {
  const std::string message = "argument " + std::to_string(i + 1) + " must be " + expected;
  napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message.c_str());
  return false;
}

bool Call::number(size_t i, double* value) const {
  return napi_get_value_double(env_, arguments_[i], value) == napi_ok || refuse(i, "a number");
}

bool Call::integer(size_t i, int32_t* value) const {
  double number = 0;
  if (napi_get_value_double(env_, arguments_[i], &number) != napi_ok || !(number >= INT32_MIN) ||
      !(number <= INT32_MAX) || static_cast<double>(static_cast<int32_t>(number)) != number) {
    return refuse(i, "a 32-bit integer");
  }
  *value = static_cast<int32_t>(number);
  return true;
}

bool Call::boolean(size_t i, bool* value) const {
  return napi_get_value_bool(env_, arguments_[i], value) == napi_ok || refuse(i, "a boolean");
}

bool Call::text(size_t i, std::string* value) const {
  size_t size = 0;
  if (napi_get_value_string_utf8(env_, arguments_[i], nullptr, 0, &size) != napi_ok) return refuse(i, "a string");
  value->resize(size + 1);
  napi_get_value_string_utf8(env_, arguments_[i], &(*value)[0], size + 1, &size);
  value->resize(size);
  return true;
}

bool Call::bytes(size_t i, uint8_t** data, size_t* size) const {
  bool isTypedArray = false;
  napi_typedarray_type type = napi_int8_array;
  void* start = nullptr;
  if (napi_is_typedarray(env_, arguments_[i], &isTypedArray) != napi_ok || !isTypedArray ||
      napi_get_typedarray_info(env_, arguments_[i], &type, size, &start, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    return refuse(i, "a Uint8Array");
  }
  *data = static_cast<uint8_t*>(start);
  return true;
}

bool Call::function(size_t i) const {
  napi_valuetype type = napi_undefined;
  return (napi_typeof(env_, arguments_[i], &type) == napi_ok && type == napi_function) || refuse(i, "a function");
}

napi_value defineClass(napi_env env, const char* name, napi_callback construct, std::initializer_list<Method> methods) {
  std::vector<napi_property_descriptor> properties;
  for (const Method& method : methods) {
    napi_property_descriptor property = {};
    property.utf8name = method.name;
    property.attributes = napi_default_method;
    if (method.getter) {
      property.getter = method.callback;
    } else {
      property.method = method.callback;
    }
    properties.push_back(property);
  }
  napi_value constructor = nullptr;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, construct, nullptr, properties.size(), properties.data(),
                    &constructor);
  return constructor;
}

napi_value makeInteger(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

napi_value makeText(napi_env env, const char* text, size_t size) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, text, size, &result);
  return result;
}

napi_value makeBoolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value makeNull(napi_env env) {
  napi_value result = nullptr;
  napi_get_null(env, &result);
  return result;
}

napi_value throwError(napi_env env, const char* code, const std::string& message) {
  napi_throw_error(env, code, message.c_str());
  return nullptr;
}

}  // namespace manifold
