// Who includes whom: base <- wire <- { transport | media } <- session <- io <- urchin.h <- binding <- lib/native.js.
// Each library stays behind the files named here, so that it can be replaced without touching the rest.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourcesIn } from './sources.js'

/** What a floor of csrc/ may include, besides itself. */
const below = {
  base: [],
  wire: ['base'],
  transport: ['base', 'wire'],
  media: ['base', 'wire'],
  session: ['base', 'wire', 'transport', 'media'],
  io: ['base', 'wire', 'transport', 'media', 'session'],
}

/** Headers of libraries, and the only files of csrc/ that may include them. */
const confined = [
  { library: 'GLib and libnice', header: /^(glib|gio|gobject|nice|agent)\b/, allowed: /^csrc\/io\// },
  // Wiping a secret (crypto.h) is allowed on the whole floor.
  { library: 'OpenSSL', header: /^openssl\/crypto\.h/, allowed: /^csrc\/transport\// },
  {
    library: 'OpenSSL',
    header: /^openssl\/(?!crypto\.h)/,
    allowed: /^csrc\/transport\/(cert|dtls|srtp|openssl|tls|stun_integrity)\w*\.[ch]$/,
  },
  { library: 'libsrtp2', header: /^srtp/, allowed: /^csrc\/transport\/srtp\w*\.c$/ },
  {
    library: 'sockets',
    header: /^(sys\/(socket|epoll|eventfd|timerfd)|net\/if|ifaddrs|poll)/,
    allowed: /^csrc\/io\//,
  },
  { library: 'Node-API', header: /^(napi|node_api|uv|v8|node)\b/, allowed: /^binding\// },
]

const core = sourcesIn(['csrc'], /\.[ch]$/)

test('each floor of csrc/ includes only itself and the floors below', () => {
  const wrong = core.flatMap((source) => {
    const floor = source.path.split('/')[1]
    if (!(floor in below)) return []
    const allowed = [floor, ...below[floor]]
    return includes(source, /^\s*#\s*include\s+"([^"]+)"/)
      .filter(
        (header) => !allowed.includes(header.split('/')[0]) && !(floor === 'io' && header === 'urchin.h'),
      )
      .map((header) => `${source.path} includes ${header}`)
  })
  assert.deepEqual(wrong, [])
})

test('binding/ knows nothing of csrc/ but urchin.h, and its STUN functions the codec', () => {
  const wrong = sourcesIn(['binding'], /\.(cc|h)$/).flatMap((source) =>
    includes(source, /^\s*#\s*include\s+"([^"]+)"/)
      .filter((header) => Object.keys(below).includes(header.split('/')[0]))
      .filter((header) => !(source.path === 'binding/stun.cc' && header === 'wire/stun.h'))
      .map((header) => `${source.path} includes ${header}`),
  )
  assert.deepEqual(wrong, [])
})

test('each library stays behind its own files', () => {
  const wrong = [...core, ...sourcesIn(['binding'], /\.(cc|h)$/)].flatMap((source) =>
    includes(source, /^\s*#\s*include\s+<([^>]+)>/).flatMap((header) =>
      confined
        .filter((rule) => rule.header.test(header) && !rule.allowed.test(source.path))
        .map((rule) => `${source.path} includes <${header}> (${rule.library})`),
    ),
  )
  assert.deepEqual(wrong, [])
})

test('only io/ reads clocks and starts threads', () => {
  const calls = /\b(clock_gettime|gettimeofday|pthread_create|time)\s*\(/
  const wrong = core
    .filter((source) => !source.path.startsWith('csrc/io/'))
    .flatMap((source) =>
      source.lines.filter((line) => calls.test(code(line))).map((line) => `${source.path}: ${line.trim()}`),
    )
  assert.deepEqual(wrong, [])
})

test('the .node file is loaded only by lib/native.js, and SDP and rooms know nothing of it', () => {
  const wrong = sourcesIn(['lib'], /\.js$/).flatMap((source) => {
    if (source.path.startsWith('lib/setup/')) return []
    const loads = /urchin\.node|process\.dlopen/.test(source.text) && source.path !== 'lib/native.js'
    const pure = source.path.startsWith('lib/sdp/')
    const imports = includes(source, /^\s*import\b.*from '([^']+)'/)
    const impure =
      pure &&
      imports.some((name) => !/^(\.\/|\.\.\/(?:errors|remember)\.js$|node:net$|sdp-transform$)/.test(name))
    return [loads && `${source.path} loads the addon`, impure && `${source.path} imports ${imports}`].filter(
      Boolean,
    )
  })
  assert.deepEqual(wrong, [])
})

/**
 * @param {import('./sources.js').Source} source
 * @param {RegExp} pattern
 * @returns {string[]}
 */
function includes(source, pattern) {
  return source.lines.map((line) => pattern.exec(line)?.[1]).filter((header) => header !== undefined)
}

/**
 * A line of C without its comment, roughly.
 * @param {string} line
 */
function code(line) {
  return line.replace(/\/\*.*?(\*\/|$)/g, '').replace(/^\s*\*.*/, '')
}
