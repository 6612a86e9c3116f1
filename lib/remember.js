// Answers worked out once: peers of one kind say the same hundred lines in every description, so what follows from them
// is the same for all.

/**
 * Makes a function that works out its answer once for each object and word. Neither the object nor the answer may be changed by
 * anybody; both are forgotten with the object.
 * @template {object} Subject
 * @template Answer
 * @param {(subject: Subject, word: string) => Answer} work
 * @returns {(subject: Subject, word?: string) => Answer}
 */
export function remember(work) {
  /** @type {WeakMap<Subject, Map<string, Answer>>} */
  const known = new WeakMap()
  return (subject, word = '') => {
    let answers = known.get(subject)
    if (!answers) {
      answers = new Map()
      known.set(subject, answers)
    }
    let answer = answers.get(word)
    if (answer === undefined) {
      answer = work(subject, word)
      answers.set(word, answer)
    }
    return answer
  }
}
