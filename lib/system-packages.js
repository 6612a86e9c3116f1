// The system packages that Urchin needs, by kind of system: to build, to run, and to run the tests.

/** @typedef {{ build: string[], run: string[], test: string[] }} PackageLists */

/** @type {{ debian: PackageLists, fedora: PackageLists, alpine: PackageLists, macos: PackageLists }} */
export const systemPackages = {
  debian: {
    build: [
      'g++',
      'make',
      'python3',
      'pkg-config',
      'libnice-dev',
      'libsrtp2-dev',
      'libssl-dev',
      'libglib2.0-dev',
    ],
    run: ['libnice10', 'libsrtp2-1'],
    test: [
      'chromium',
      'clang',
      'clang-format',
      'cppcheck',
      'firefox-esr',
      'fonts-dejavu-core',
      'iproute2',
      'libclang-rt-dev',
      'libcmocka-dev',
    ],
  },
  fedora: {
    build: [
      'gcc-c++',
      'make',
      'python3',
      'pkgconf',
      'libnice-devel',
      'libsrtp-devel',
      'openssl-devel',
      'glib2-devel',
    ],
    run: ['libnice', 'libsrtp'],
    test: [
      'chromium',
      'clang',
      'clang-tools-extra',
      'compiler-rt',
      'cppcheck',
      'dejavu-sans-fonts',
      'firefox',
      'iproute',
      'libasan',
      'libcmocka-devel',
      'libtsan',
      'libubsan',
    ],
  },
  alpine: {
    build: [
      'g++',
      'make',
      'python3',
      'pkgconf',
      'libnice-dev',
      'libsrtp-dev',
      'openssl-dev',
      'openssl-libs-static',
      'glib-dev',
    ],
    run: ['libnice', 'libsrtp'],
    test: [
      'chromium',
      'clang',
      'clang-extra-tools',
      'cmocka-dev',
      'compiler-rt',
      'cppcheck',
      'firefox',
      'font-dejavu',
      'iproute2',
    ],
  },
  macos: {
    build: ['python3', 'pkgconf', 'libnice', 'srtp', 'openssl@3', 'glib'],
    run: ['libnice', 'srtp'],
    test: ['clang-format', 'cmocka', 'cppcheck', 'llvm'],
  },
}
