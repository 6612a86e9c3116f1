// Room logic of one's own on the ready-made server: only who holds the floor is heard. Everyone sees everyone; the floor goes
// round every ten seconds.
//
//   node examples/room.js     and open http://localhost:8080/?room=round-table

import { createServer } from 'urchin-rtc'

const turnMs = 10_000
const server = createServer({ port: 8080 })

server.on('room', (room) => {
  let turn = 0
  const timer = setInterval(() => {
    const people = room.participants.filter(({ kind }) => kind === 'page')
    if (people.length === 0) return
    turn = (turn + 1) % people.length
    for (const [index, person] of people.entries()) {
      if (index === turn) person.unmute('audio')
      else person.mute('audio')
    }
    console.log(`${room.name}: ${people[turn]?.name} has the floor`)
  }, turnMs)
  room.on('empty', () => clearInterval(timer))
})

await server.listen()
console.log(`${server.url}/?room=round-table`)
