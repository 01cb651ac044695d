{
  # The addon once more, with the floor of the benchmark compiled in.
  "targets": [
    {
      "target_name": "manifold",
      "sources": [
        "floor_forwarder.cc",
        "<!@(ls -1 ../../native/*.cc)",
      ],
      "defines": ["MANIFOLD_FLOOR"],
      "cflags_cc!": ["-std=gnu++14", "-std=gnu++17"],
      "cflags_cc": ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O3", "-fvisibility=hidden"],
    },
  ],
}
