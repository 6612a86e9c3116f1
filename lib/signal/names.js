// Names that people give themselves, to be shown to others.

const maxLength = 64

/**
 * A name as it may be shown: no control characters, line breaks or direction marks, no outer spaces; '' if nothing is
 * left. Longer ones are cut.
 * @param {unknown} name
 * @returns {string}
 */
export function cleanName(name) {
  if (typeof name !== 'string') return ''
  const visible = name
    .slice(0, 4096)
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
  // By code points: half a surrogate pair is no character.
  return [...visible.replace(/\s+/g, ' ').trim()].slice(0, maxLength).join('').trim()
}
