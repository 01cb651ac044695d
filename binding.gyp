{
  "targets": [
    {
      "target_name": "manifold",
      "sources": [
        "native/address_table.cc",
        "native/addon.cc",
        "native/datagram_bio.cc",
        "native/datagram_sender.cc",
        "native/dtls_binding.cc",
        "native/dtls_context.cc",
        "native/dtls_session.cc",
        "native/inbox.cc",
        "native/napi_support.cc",
        "native/outbox.cc",
        "native/packet_io.cc",
        "native/packet_io_binding.cc",
        "native/packet_io_handle.cc",
        "native/receive_batch.cc",
        "native/send_backlog.cc",
        "native/send_messages.cc",
        "native/socket_address.cc",
        "native/srtp.cc",
        "native/srtp_binding.cc",
        "native/srtp_cipher.cc",
        "native/transport_table.cc",
        "native/udp_socket.cc",
      ],
      "cflags_cc!": ["-std=gnu++14", "-std=gnu++17"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O3", "-fvisibility=hidden"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CPLUSPLUSFLAGS": ["-Wall", "-Wextra", "-Werror"],
      },
    }
  ],
}
