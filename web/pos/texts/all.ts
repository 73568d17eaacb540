// All languages at once, for the server: it sends a page its own.

import { en } from './en.ts'
import { fr } from './fr.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { sv } from './sv.ts'
import type { Texts } from './texts.ts'

const ALL: Readonly<Record<string, Texts>> = { en, nl, sv, pl, fr }

export const textsOf = (language: string): Texts => ALL[language] ?? en
