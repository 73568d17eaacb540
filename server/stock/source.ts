// Which stores send what. Pure: candidates with what they have, how far and how busy they are go in, a plan with the reasons
// for it comes out, the same that a simulation shows. As few parcels as can be, then the best score.

/** What is to be sent: some units of a line, each taking its components. */
export interface ToSend {
  line_id: string
  quantity: bigint
  components: { variant_id: string; quantity: bigint }[]
}

export interface Candidate {
  store_id: string
  /** Units free to promise, by article. */
  free: ReadonlyMap<string, bigint>
  /** Null when one of the two places is not known. */
  distance_km: number | null
  /** Open fulfilments it has to do already. */
  load: number
  /** What a parcel costs that leaves from here, minor units. */
  cost: number
}

/** How much each consideration counts; 0 leaves it out. */
export interface Weights {
  distance: number
  depth: number
  load: number
  cost: number
  /** What a further parcel weighs: above the sum of the others, fewer parcels always win. */
  parcel: number
}

export const DEFAULT_WEIGHTS: Weights = { distance: 1, depth: 0.5, load: 0.5, cost: 0.5, parcel: 10 }

/** Why a store got its place. Each part is between 0 and 1, 1 is best; `score` is their weighted sum. */
export interface Explained {
  store_id: string
  score: number
  parts: { distance: number; depth: number; load: number; cost: number }
  distance_km: number | null
  load: number
  cost: number
  /** Lines it could send whole. */
  covers: number
}

export interface Source {
  store_id: string
  lines: { line_id: string; quantity: bigint }[]
  score: Explained
}

export interface Plan {
  sources: Source[]
  /** Lines, or units of them, that no candidate has. */
  missing: { line_id: string; quantity: bigint }[]
  candidates: Explained[]
}

/** At this distance, in kilometres, the score for nearness is half. */
const HALF_DISTANCE_KM = 50
/** With so many open fulfilments the score for idleness is half. */
const HALF_LOAD = 20
/** At this cost, in minor units, the score for cheapness is half. */
const HALF_COST = 500

/**
 * Plans from where lines are sent. A store that has everything is preferred to any split, unless the weight of a parcel says
 * otherwise; what is split goes to the stores that together need the fewest parcels, found greedily: the store that covers
 * most units first, ties by score, then by id.
 */
export function chooseSources(
  lines: readonly ToSend[],
  candidates: readonly Candidate[],
  weights: Weights = DEFAULT_WEIGHTS,
): Plan {
  const explained = candidates.map((candidate) => explain(lines, candidate, weights)).sort(byScore)
  const split = greedy(lines, candidates, explained)
  const whole = explained.find(({ covers }) => covers === lines.length)
  if (!whole) return { ...split, candidates: explained }
  const one: Source = {
    store_id: whole.store_id,
    lines: lines.map(({ line_id, quantity }) => ({ line_id, quantity })),
    score: whole,
  }
  // More parcels are worth it only when what they gain outweighs them.
  const gain = meanScore(split.sources) - whole.score
  const isWorthIt = split.sources.length > 1 && gain > weights.parcel * (split.sources.length - 1)
  return isWorthIt ? { ...split, candidates: explained } : { sources: [one], missing: [], candidates: explained }
}

function meanScore(sources: readonly Source[]): number {
  return sources.reduce((sum, { score }) => sum + score.score, 0) / Math.max(1, sources.length)
}

function explain(lines: readonly ToSend[], candidate: Candidate, weights: Weights): Explained {
  const { distance_km, load, cost } = candidate
  const parts = {
    // A place we do not know counts as far away, not as near.
    distance: distance_km === null ? 0 : HALF_DISTANCE_KM / (HALF_DISTANCE_KM + distance_km),
    depth: depthOf(lines, candidate),
    load: HALF_LOAD / (HALF_LOAD + load),
    cost: HALF_COST / (HALF_COST + Math.max(0, cost)),
  }
  const score =
    parts.distance * weights.distance +
    parts.depth * weights.depth +
    parts.load * weights.load +
    parts.cost * weights.cost
  const covers = coveredWhole(lines, candidate.free)
  return { store_id: candidate.store_id, score, parts, distance_km, load, cost, covers }
}

/** How little of what it has would go: 1 when this is nothing to it, 0 when it takes the last one. */
function depthOf(lines: readonly ToSend[], { free }: Candidate): number {
  const needs = needsOf(lines)
  const shares = [...needs].map(([variant, needed]) => {
    const there = free.get(variant) ?? 0n
    return there <= needed ? 0 : 1 - Number(needed) / Number(there)
  })
  return shares.length === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / shares.length
}

function needsOf(lines: readonly ToSend[]): Map<string, bigint> {
  const needs = new Map<string, bigint>()
  for (const { quantity, components } of lines) {
    for (const one of components) needs.set(one.variant_id, (needs.get(one.variant_id) ?? 0n) + one.quantity * quantity)
  }
  return needs
}

/** Lines that can be sent whole, one after the other out of the same stock. */
function coveredWhole(lines: readonly ToSend[], free: ReadonlyMap<string, bigint>): number {
  const left = new Map(free)
  return lines.filter((line) => take(left, line, line.quantity) === line.quantity).length
}

/** Takes up to `wanted` units of a line out of `left`; answers how many there were. */
function take(left: Map<string, bigint>, line: ToSend, wanted: bigint): bigint {
  let units = wanted
  for (const { variant_id, quantity } of line.components) {
    const possible = (left.get(variant_id) ?? 0n) / quantity
    if (possible < units) units = possible
  }
  if (units <= 0n) return 0n
  for (const { variant_id, quantity } of line.components)
    left.set(variant_id, (left.get(variant_id) ?? 0n) - quantity * units)
  return units
}

/** What of these lines there is in one place, line by line out of the same stock. */
export function whatIsThere(
  lines: readonly ToSend[],
  free: ReadonlyMap<string, bigint>,
): { line_id: string; quantity: bigint }[] {
  const left = new Map(free)
  return lines
    .map((line) => ({ line_id: line.line_id, quantity: take(left, line, line.quantity) }))
    .filter(({ quantity }) => quantity > 0n)
}

function greedy(
  lines: readonly ToSend[],
  candidates: readonly Candidate[],
  explained: readonly Explained[],
): Omit<Plan, 'candidates'> {
  let open = lines.map((line) => ({ line, quantity: line.quantity }))
  let unused = explained.map((each) => ({ each, free: freeOf(candidates, each.store_id) }))
  const sources: Source[] = []
  // Each round uses up a candidate.
  while (open.some(({ quantity }) => quantity > 0n) && unused.length > 0) {
    const offers = unused.map(({ each, free }) => {
      const left = new Map(free)
      const parts = open.map(({ line, quantity }) => ({ line_id: line.line_id, quantity: take(left, line, quantity) }))
      return { each, parts, units: parts.reduce((sum, { quantity }) => sum + quantity, 0n) }
    })
    // Sorted by score already: of equals the first stays.
    const best = offers.reduce((a, b) => (b.units > a.units ? b : a))
    if (best.units === 0n) break
    sources.push({
      store_id: best.each.store_id,
      lines: best.parts.filter(({ quantity }) => quantity > 0n),
      score: best.each,
    })
    open = open.map(({ line, quantity }, i) => ({ line, quantity: quantity - (best.parts[i]?.quantity ?? 0n) }))
    unused = unused.filter(({ each }) => each.store_id !== best.each.store_id)
  }
  const missing = open
    .filter(({ quantity }) => quantity > 0n)
    .map(({ line, quantity }) => ({ line_id: line.line_id, quantity }))
  return { sources, missing }
}

function freeOf(candidates: readonly Candidate[], storeId: string): ReadonlyMap<string, bigint> {
  return candidates.find((candidate) => candidate.store_id === storeId)?.free ?? new Map()
}

function byScore(a: Explained, b: Explained): number {
  return b.score - a.score || (a.store_id < b.store_id ? -1 : 1)
}

const EARTH_RADIUS_KM = 6371

/** The way between two places as the crow flies, in kilometres (haversine). */
export function distanceKm(a: Place, b: Place): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180
  const dLat = rad(b.latitude - a.latitude)
  const dLng = rad(b.longitude - a.longitude)
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(dLng / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

export interface Place {
  latitude: number
  longitude: number
}
