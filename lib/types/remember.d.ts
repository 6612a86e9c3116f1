/**
 * Makes a function that works out its answer once for each object and word. Neither the object nor the answer may be changed by
 * anybody; both are forgotten with the object.
 * @template {object} Subject
 * @template Answer
 * @param {(subject: Subject, word: string) => Answer} work
 * @returns {(subject: Subject, word?: string) => Answer}
 */
export declare function remember<Subject extends object, Answer>(work: (subject: Subject, word: string) => Answer): (subject: Subject, word?: string) => Answer;
