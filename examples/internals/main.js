/** The page that shows what a server's connections do: asks it every two seconds, and lists them by room. */

import { Detail, kindName } from './detail.js'
import { byId, durationText, element, setText } from './dom.js'

const intervalMs = 2000
const tokenKey = 'urchin-internals-token'

/** @typedef {{ id: string, connectionId: string, room: string | null, participant: any, createdAt: number, endedAt: number | null,
 *   state: string, iceState: string, failure: any, pair: any }} Summary */

const detail = new Detail()
const filter = /** @type {HTMLInputElement} */ (byId('filter'))
const pauseButton = byId('pause')
const tokenForm = byId('token-form')
/** @type {Map<string, HTMLButtonElement>} by connection id */
const items = new Map()

/** @type {any} the server's last answer */
let data = null
/** Who stands where in the list. */
let arrangement = ''
let chosen = decodeURIComponent(location.hash.slice(1))
let isPaused = false
/** Of the last question: answers to earlier ones are too late. */
let round = 0
let timer = 0

takeToken()
pauseButton.addEventListener('click', () => {
  isPaused = !isPaused
  pauseButton.setAttribute('aria-pressed', String(isPaused))
  setText(pauseButton, isPaused ? 'Go on' : 'Pause')
  if (isPaused) setStatus('paused', 'Paused')
  else void poll()
})
filter.addEventListener('input', () => showList())
window.addEventListener('hashchange', () => choose(decodeURIComponent(location.hash.slice(1))))
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void poll()
})
tokenForm.addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem(tokenKey, /** @type {HTMLInputElement} */ (byId('token')).value)
  void poll()
})
void poll()

/** Asks the server, shows its answer, and comes back later. */
async function poll() {
  clearTimeout(timer)
  if (isPaused || document.hidden) return
  round += 1
  const current = round
  try {
    const answer = await ask()
    if (current !== round) return
    show(answer)
    setStatus('live', 'Live')
  } catch (error) {
    if (current === round) setStatus('lost', /** @type {Error} */ (error).message)
  }
  if (current === round) timer = window.setTimeout(poll, intervalMs)
}

async function ask() {
  const token = sessionStorage.getItem(tokenKey)
  const query = chosen ? `?connection=${encodeURIComponent(chosen)}` : ''
  /** @type {Response} */
  let response
  try {
    response = await fetch(`data.json${query}`, {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(10_000),
    })
  } catch {
    throw new Error('The server does not answer')
  }
  tokenForm.hidden = response.status !== 401
  byId('columns').hidden = response.status === 401
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}))
    throw new Error(problem.detail ?? `The server answers ${response.status}`)
  }
  return response.json()
}

/** A token in the address would stay in the history and on the screen. */
function takeToken() {
  const query = new URLSearchParams(location.search)
  const token = query.get('token')
  if (!token) return
  sessionStorage.setItem(tokenKey, token)
  history.replaceState(null, '', `${location.pathname}${location.hash}`)
}

/** @param {any} answer */
function show(answer) {
  data = answer
  const { connections, rooms, version, startedAt, time } = answer
  const open = connections.filter((/** @type {Summary} */ one) => one.endedAt === null).length
  const words = [
    `${open} open`,
    `${rooms.length} ${rooms.length === 1 ? 'room' : 'rooms'}`,
    `up ${durationText(time - startedAt)}`,
    `version ${version}`,
  ]
  setText(byId('server-facts'), words.join(' · '))
  showList()
  const isGone = chosen && !connections.some((/** @type {Summary} */ { id }) => id === chosen)
  if ((!chosen || isGone) && connections.length > 0) {
    choose(
      (connections.find((/** @type {Summary} */ { endedAt }) => endedAt === null) ?? connections.at(-1)).id,
    )
    return
  }
  detail.show(answer.connection, time)
}

/** @param {string} id */
function choose(id) {
  if (id === chosen) return
  chosen = id
  if (location.hash.slice(1) !== encodeURIComponent(id))
    history.replaceState(null, '', `#${encodeURIComponent(id)}`)
  showList()
  if (isPaused) void ask().then(show, () => {})
  else void poll()
}

function showList() {
  if (!data) return
  const wanted = filter.value.trim().toLowerCase()
  /** @type {Summary[]} */
  const shown = data.connections.filter((/** @type {Summary} */ one) => searchText(one).includes(wanted))
  byId('empty').hidden = data.connections.length > 0
  /** @type {{ name: string, list: Summary[] }[]} */
  const groups = [
    ...data.rooms.map((/** @type {any} */ { name }) => ({
      name,
      list: shown.filter((one) => one.endedAt === null && one.room === name),
    })),
    { name: 'in no room yet', list: shown.filter((one) => one.endedAt === null && one.room === null) },
    { name: 'ended', list: shown.filter((one) => one.endedAt !== null).reverse() },
  ].filter(({ list }) => list.length > 0)
  // Built anew only when somebody comes or goes: a button that is moved loses the focus.
  const next = JSON.stringify(groups.map(({ name, list }) => [name, list.map(({ id }) => id)]))
  for (const { list } of groups) for (const connection of list) showItem(connection)
  if (next === arrangement) return
  arrangement = next
  byId('groups').replaceChildren(
    ...groups.map(({ name, list }) => {
      const heading = element('h2', {}, element('span', { text: name }))
      heading.append(element('span', { class: 'count', text: String(list.length) }))
      return element('section', { class: 'group' }, heading, ...list.map(itemOf))
    }),
  )
  for (const id of items.keys()) {
    if (!data.connections.some((/** @type {Summary} */ one) => one.id === id)) items.delete(id)
  }
}

/** @param {Summary} connection */
function searchText({ connectionId, room, participant, state, iceState, failure, pair }) {
  const addresses = pair ? `${pair.local.address} ${pair.remote.address}` : ''
  const words = [
    connectionId,
    room,
    participant?.name,
    participant?.kind,
    state,
    iceState,
    failure?.code,
    addresses,
  ]
  return words.filter(Boolean).join(' ').toLowerCase()
}

/**
 * The button of a connection; the same one every time.
 * @param {Summary} connection
 * @returns {HTMLButtonElement}
 */
function itemOf({ id }) {
  const known = items.get(id)
  if (known) return known
  const item = document.createElement('button')
  item.type = 'button'
  for (const part of ['dot', 'who', 'age', 'how']) item.append(element('span', { class: part }))
  item.addEventListener('click', () => {
    choose(id)
    // On a phone it is below the list.
    if (window.matchMedia('(max-width: 859px)').matches) byId('detail').scrollIntoView({ behavior: 'smooth' })
  })
  items.set(id, item)
  return item
}

/** @param {Summary} connection */
function showItem(connection) {
  const { id, participant, createdAt, endedAt, pair } = connection
  const item = itemOf(connection)
  const [, who, age, how] = item.children
  item.className = `item ${condition(connection)}`
  item.setAttribute('aria-current', String(id === chosen))
  setText(who, participant?.name || kindName(participant?.kind) || `connection ${id}`)
  setText(age, durationText((endedAt ?? data.time) - createdAt))
  const way = pair ? `${pair.local.type} → ${pair.remote.type} ${pair.remote.address}` : ''
  setText(how, [stateText(connection), way].filter(Boolean).join(' · '))
}

/** @param {Summary} connection */
function stateText({ state, iceState, failure, endedAt }) {
  if (failure) return failure.code
  if (endedAt !== null) return 'finished'
  return state === 'CONN_READY' ? iceState : `${state.replace('CONN_', '').toLowerCase()}, ICE ${iceState}`
}

/** @param {Summary} connection */
function condition({ state, iceState, failure, endedAt }) {
  if (failure) return 'failed'
  if (endedAt !== null) return 'ended'
  if (iceState === 'disconnected' || iceState === 'failed') return 'warning'
  return state === 'CONN_READY' || iceState === 'connected' ? 'good' : 'waiting'
}

/**
 * @param {'live' | 'paused' | 'lost'} kind
 * @param {string} text
 */
function setStatus(kind, text) {
  const status = byId('status')
  status.className = `status ${kind}`
  setText(status, text)
}
