// One end of calls inside a host of the lab: connections of Urchin, told what to do in lines of JSON on standard input,
// telling what happens in lines of JSON on standard output. With NATLAB_ROLE set it is an agent of `natlab matrix`
// instead, which meets one other by two files.

import { createInterface } from 'node:readline'
import { meetByFiles } from './agent-files.js'
import { Party } from './party.js'

/** @type {Map<string, Party>} */
const parties = new Map()

/** @param {object} message */
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** @type {Record<string, (message: any) => any>} */
const commands = {
  hello() {},
  open({ call, options }) {
    parties.set(call, new Party(options, (event) => say({ call, ...event })))
  },
  offer: ({ call, options }) => party(call).connection.createOffer(options),
  restart: ({ call }) => party(call).connection.restartIce(),
  sdp: ({ call, sdp }) => party(call).connection.setRemoteSdp(sdp),
  candidate: ({ call, candidate }) => party(call).connection.addRemoteCandidate(candidate),
  look: ({ call }) => party(call).look(),
  echo: ({ call }) => party(call).echo(),
  forward: ({ from, call }) => party(from).forwardTo(party(call)),
  async close({ call }) {
    await parties.get(call)?.connection.close()
    parties.delete(call)
  },
}

/** @param {string} call */
function party(call) {
  const found = parties.get(call)
  if (!found) throw new Error(`no call ${call}`)
  return found
}

/** @param {any} message */
async function obey(message) {
  try {
    say({ answer: message.number, value: (await commands[message.command]?.(message)) ?? null })
  } catch (error) {
    const { code, message: text } = /** @type {any} */ (error)
    say({ answer: message.number, error: { code, text } })
  }
}

if (process.env.NATLAB_ROLE) {
  process.exitCode = await meetByFiles(process.env)
} else {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => obey(JSON.parse(line)))
  // Whoever started this is gone.
  lines.on('close', () => process.exit(0))
}
