{
  # The C core and the N-API layer over it. The core is a target of its own so that Node's bundled OpenSSL headers,
  # which node-gyp puts first, stay out of its way.
  "variables": {
    # 1: with the address and undefined behaviour sanitizers; Node then needs LD_PRELOAD=libasan.so.
    "sanitize%": 0,
    "openssl_libdir": "<!(pkg-config --variable=libdir openssl)",
    # Static archives where they exist (Debian, Alpine with openssl-libs-static): only they keep Node's own OpenSSL out.
    # Elsewhere (Fedora, macOS without them) the shared one: there the addon runs on whichever OpenSSL the process has, and
    # refuses to load when that is of another version than its headers.
    "static_openssl": "<!(test -f \"$(pkg-config --variable=libdir openssl)/libssl.a\" && echo 1 || echo 0)"
  },
  "target_defaults": {
    "conditions": [
      ["sanitize==1", {
        "cflags": ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"],
        "ldflags": ["-fsanitize=address,undefined"]
      }]
    ],
    "configurations": {
      "Release": { "cflags": ["-O2"], "cflags!": ["-O3"] },
      # Warnings are errors for us, not for users whose compiler knows some that ours does not.
      "Debug": { "cflags": ["-O0", "-g"], "cflags_c": ["-Werror"] }
    }
  },
  "targets": [
    {
      "target_name": "core",
      "type": "static_library",
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('csrc', { recursive: true }).filter((f) => f.endsWith('.c')).map((f) => 'csrc/' + f.replaceAll(require('path').sep, '/')).sort().join(' ')\")"
      ],
      "include_dirs": ["csrc"],
      "include_dirs/": [["exclude", "(^|/)node$"], ["exclude", "(^|/)deps/"]],
      "defines": ["_GNU_SOURCE"],
      "cflags": ["<!@(pkg-config --cflags nice libsrtp2 openssl)"],
      "cflags_c": [
        "-std=c17", "-fPIC", "-fvisibility=hidden", "-ffunction-sections",
        "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wmissing-prototypes"
      ],
      "xcode_settings": {
        "OTHER_CFLAGS": ["-std=c17", "-fvisibility=hidden", "<!@(pkg-config --cflags nice libsrtp2 openssl)"]
      },
      "conditions": [
        ["static_openssl==1 and OS=='linux'", { "defines": ["URCHIN_STATIC_OPENSSL"] }]
      ]
    },
    {
      "target_name": "urchin",
      "dependencies": ["core"],
      "sources": ["binding/addon.cc", "binding/convert.cc", "binding/events.cc", "binding/stun.cc", "binding/worker.cc"],
      "include_dirs": ["csrc", "<!(node -p \"require('node-addon-api').include_dir\")"],
      # The last one: an exception while a worker_thread is being terminated is dropped instead of aborting the process.
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++17", "-fexceptions", "-fvisibility=hidden", "-Wall", "-Wextra"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
      "cflags!": ["-fno-exceptions"],
      "libraries": ["<!@(pkg-config --libs nice libsrtp2)"],
      "xcode_settings": {
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES"
      },
      "conditions": [
        ["static_openssl==1", {
          "libraries": ["<(openssl_libdir)/libssl.a", "<(openssl_libdir)/libcrypto.a"]
        }, {
          "libraries": ["<!@(pkg-config --libs openssl)"]
        }],
        ["OS=='linux'", {
          # exclude-libs and Bsymbolic: our OpenSSL, not Node's. nodelete: the addon stays mapped under running threads
          # when a worker_thread ends.
          "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,-Bsymbolic", "-Wl,-z,nodelete", "-Wl,-z,relro,-z,now", "-Wl,--gc-sections"]
        }]
      ]
    }
  ]
}
