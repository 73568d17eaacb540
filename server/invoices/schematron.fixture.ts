// Checks a document by the rules of a Schematron file, as published: in each pattern a node is asked the asserts of the first rule
// whose context it matches. The rules are XPath; the few functions that Peppol writes in XSLT are here again.

import { createRequire } from 'node:module'
import { type Document, type Element, parseXmlDocument } from 'slimdom'

/** What is used of the engine. Its own types would bring those of a browser into the whole program. */
interface Engine {
  evaluateXPathToBoolean(test: string, node: unknown, facade: null, variables: object, options: object): boolean
  evaluateXPathToStrings(test: string, node: unknown, facade: null, variables: object, options: object): string[]
  evaluateXPathToNodes(test: string, node: unknown, facade: null, variables: object, options: object): unknown[]
  registerCustomXPathFunction<T extends unknown[]>(
    name: { namespaceURI: string; localName: string },
    takes: string[],
    gives: string,
    work: (context: unknown, ...args: T) => boolean,
  ): void
}
const { evaluateXPathToBoolean, evaluateXPathToNodes, evaluateXPathToStrings, registerCustomXPathFunction } =
  createRequire(import.meta.url)('fontoxpath') as Engine
const SCH = 'http://purl.oclc.org/dsdl/schematron'
const UTILS = 'utils'

registerCustomXPathFunction(
  { namespaceURI: UTILS, localName: 'slack' },
  ['xs:decimal', 'xs:decimal', 'xs:decimal'],
  'xs:boolean',
  (_context: unknown, value: number, expected: number, slack: number) => Math.abs(value - expected) <= slack + 1e-9,
)

/** The check digits of numbers that documents of the tests carry. */
const CHECKS: Record<string, (text: string) => boolean> = {
  gln: (text) => weighed(text, (i) => (i % 2 === 0 ? 1 : 3)) % 10 === 0,
  mod11: (text) => weighed(text, (i) => [1, 2, 3, 4, 5, 6, 7, 2, 3][i] ?? 0) % 11 === 0,
  'mod97-0208': (text) => 97 - (Number(text.slice(0, 8)) % 97) === Number(text.slice(8)),
  checkSEOrgnr: (text) =>
    [...text].reverse().reduce((sum, digit, i) => sum + (i % 2 === 0 ? +digit : Number('0246813579'[+digit])), 0) %
      10 ===
    0,
}
for (const [localName, check] of Object.entries(CHECKS))
  registerCustomXPathFunction(
    { namespaceURI: UTILS, localName },
    ['xs:string'],
    'xs:boolean',
    (_context: unknown, text: string) => /^\d+$/.test(text) && check(text),
  )
/** Of countries that no document of the tests is about: asked, they end the test. */
for (const localName of ['checkCodiceIPA', 'checkCF', 'checkPIVAseIT', 'abn', 'TinVerification'])
  registerCustomXPathFunction({ namespaceURI: UTILS, localName }, ['xs:string'], 'xs:boolean', () => {
    throw new Error(`u:${localName} is not written here`)
  })

/** Sum of the digits from the right, each by its weight. */
function weighed(digits: string, weight: (i: number) => number): number {
  return [...digits].reverse().reduce((sum, digit, i) => sum + Number(digit) * weight(i), 0)
}

/** A context is a pattern of XSLT: as a path, what it matches anywhere in the document. */
function anywhere(context: string): string {
  const parts = ['']
  let depth = 0
  let quote = ''
  for (const char of context) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if ('[('.includes(char)) depth++
    else if ('])'.includes(char)) depth--
    if (char === '|' && depth === 0 && quote === '') parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts.map((part) => (/^\s*\(*\s*\//.test(part) ? part : `//${part.trim()}`)).join(' | ')
}

interface Let {
  name: string
  value: string
}

export interface Broken {
  id: string
  text: string
}

export interface Rules {
  /** How many asserts were asked, and those that failed. */
  check(xml: string): { asked: number; broken: Broken[] }
}

/** Reads a Schematron file whose query binding is XPath 2. */
export function readRules(schematron: string): Rules {
  const root = parseXmlDocument(schematron).documentElement as Element
  const children = (of: Element, name: string) =>
    of.children.filter((each) => each.namespaceURI === SCH && each.localName === name)
  const attribute = (of: Element, name: string) => of.getAttribute(name) ?? ''
  const spaces = new Map(children(root, 'ns').map((each) => [attribute(each, 'prefix'), attribute(each, 'uri')]))
  spaces.set('xs', 'http://www.w3.org/2001/XMLSchema')
  const options = {
    language: 'XPath3.1',
    namespaceResolver: (prefix: string) => (prefix === '' ? null : (spaces.get(prefix) ?? null)),
  }
  const letsOf = (of: Element): Let[] =>
    children(of, 'let').map((each) => ({ name: attribute(each, 'name'), value: attribute(each, 'value') }))
  /** An expression with the variables it uses before it. */
  const within = (lets: readonly Let[], expression: string): string =>
    lets.reduceRight(
      (rest, { name, value }) => (rest.includes(`$${name}`) ? `let $${name} := (${value}) return ${rest}` : rest),
      expression,
    )
  /** Variables of a whole document as what they come to, where those are texts: asked once and not with every assert. */
  const settled = (outer: readonly Let[], lets: readonly Let[], document: Document): Let[] => {
    const known = [...outer]
    for (const { name, value } of lets) {
      const ask = (test: string) => evaluateXPathToBoolean(within(known, test), document, null, {}, options)
      const isText = ask(`every $item in (${value}) satisfies $item instance of xs:string`)
      if (isText) {
        const texts = evaluateXPathToStrings(within(known, `(${value})`), document, null, {}, options)
        known.push({ name, value: texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(',') })
      } else if (ask(`(${value}) instance of xs:boolean`)) known.push({ name, value: `${ask(`(${value})`)}()` })
      else known.push({ name, value })
    }
    return known
  }
  return {
    check(xml) {
      const document = parseXmlDocument(xml) as Document
      const broken: Broken[] = []
      let asked = 0
      const global = settled([], letsOf(root), document)
      for (const pattern of children(root, 'pattern')) {
        const seen = new Set<unknown>()
        const outer = settled(global, letsOf(pattern), document)
        for (const rule of children(pattern, 'rule')) {
          const context = within(outer, anywhere(attribute(rule, 'context')))
          const nodes = evaluateXPathToNodes(context, document, null, {}, options).filter((node) => !seen.has(node))
          for (const node of nodes) {
            seen.add(node)
            for (const assert of children(rule, 'assert')) {
              // A warning is no fault; one computes with numbers larger than the engine has.
              if (attribute(assert, 'flag') === 'warning') continue
              asked++
              const test = within([...outer, ...letsOf(rule)], `(${attribute(assert, 'test')})`)
              if (!evaluateXPathToBoolean(test, node, null, {}, options))
                broken.push({ id: attribute(assert, 'id'), text: assert.textContent ?? '' })
            }
          }
        }
      }
      return { asked, broken }
    },
  }
}
