// A value that must never be printed: card numbers, keys, PSP credentials. Every accidental way to text gives the mask.

import { inspect } from 'node:util'

const MASK = '[redacted]'

/** Wraps a secret so that logging, JSON, string building and `inspect` show only a mask. Read it with `reveal()`. */
export class Secret<T> {
  readonly #value: T
  constructor(value: T) {
    this.#value = value
  }
  /** The value itself. Call it at the last moment, and never keep the result. */
  reveal(): T {
    return this.#value
  }
  toString(): string {
    return MASK
  }
  toJSON(): string {
    return MASK
  }
  [inspect.custom](): string {
    return MASK
  }
}
