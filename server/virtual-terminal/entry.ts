// How a card comes in. A phone and a watch carry the card under a number of their own.

export const ENTRIES = ['contactless', 'chip', 'swipe', 'wallet', 'watch'] as const
export type Entry = (typeof ENTRIES)[number]
