// A user's TypeScript with require: the same declarations.

import urchin = require('urchin-rtc')

const connection = new urchin.WebRtcConnection({ id: 'a' })
connection.init()
const state: number = connection.getCurrentState()
console.log(state)

// @ts-expect-error There is no such option.
new urchin.WebRtcConnection({ trickel: false })
