// What the stock must be, told without levels, triggers or locks: a shelf is what came and went, promises are a list, and whoever
// counts says how many lay there at that moment. Written from the rules, not from the program.

/** Two of each are enough for everything to meet. */
export interface Spot {
  article: number
  store: number
}

interface Promise_ extends Spot {
  ref: string
  quantity: number
}

interface Parcel extends Spot {
  to: number
  quantity: number
  state: 'draft' | 'in_transit' | 'returning' | 'over'
  /** Arrived, there or back, in whatever condition, or given up. */
  gone: number
  /** Somebody waits for so many. */
  promised: number
  /** Arrived there in good order. */
  received: number
}

interface Figure {
  counted: number
  /** What had come and gone at the spot when it was counted. */
  flowThen: number
  turn: number
}

interface Sheet extends Spot {
  figure: Figure | null
  isOpen: boolean
}

interface Shelf {
  onHand: number
  damaged: number
  /** All that came and went, but for corrections by counts. */
  flow: number
}

export const STORES = 2
export const ARTICLES = 2
/** Kept back from the channel `web` in store 0. */
export const SAFETY = 2

/** Of what has arrived, what somebody waits for. */
const keptOf = ({ received, promised }: Parcel) => Math.min(received, promised)
const keyOf = ({ article, store }: Spot) => `${article} ${store}`

export class StockModel {
  readonly shelves = new Map<string, Shelf>()
  readonly promises: Promise_[] = []
  readonly parcels: Parcel[] = []
  readonly sheets: Sheet[] = []
  #turn = 0
  /** The last turn of which a count was handed in, by spot. */
  readonly #settled = new Map<string, number>()

  shelf(spot: Spot): Shelf {
    const found = this.shelves.get(keyOf(spot)) ?? { onHand: 0, damaged: 0, flow: 0 }
    this.shelves.set(keyOf(spot), found)
    return found
  }

  reserved(spot: Spot): number {
    return this.promises.filter((one) => keyOf(one) === keyOf(spot)).reduce((sum, { quantity }) => sum + quantity, 0)
  }

  /** There, for sale and promised to nobody; below 0 when the shop floor was faster. */
  free(spot: Spot): number {
    const { onHand, damaged } = this.shelf(spot)
    return onHand - damaged - this.reserved(spot)
  }

  available(spot: Spot, channel: string): number {
    return this.free(spot) - (channel === 'web' && spot.store === 0 ? SAFETY : 0)
  }

  incoming(spot: Spot): number {
    return this.parcels
      .filter(({ article, state }) => article === spot.article && (state === 'in_transit' || state === 'returning'))
      .filter((parcel) => (parcel.state === 'in_transit' ? parcel.to : parcel.store) === spot.store)
      .reduce((sum, { quantity, gone }) => sum + quantity - gone, 0)
  }

  /** Goods come or go, or change their condition; false when that is refused. */
  change(spot: Spot, { onHand, damaged = 0 }: { onHand: number; damaged?: number }): boolean {
    const shelf = this.shelf(spot)
    const isTaking = onHand - damaged < 0
    if (isTaking && this.free(spot) + onHand - damaged < 0) return false
    if (onHand < 0 && shelf.onHand + onHand < 0) return false
    if (shelf.damaged + damaged < 0) return false
    this.#put(spot, onHand, damaged)
    return true
  }

  /** Carried out of the shop: never refused. */
  sell(spot: Spot, quantity: number): void {
    this.#put(spot, -quantity, 0)
  }

  reserve(ref: string, spot: Spot, quantity: number, how: { channel: string; isForced: boolean }): boolean {
    if (!how.isForced && quantity > this.available(spot, how.channel)) return false
    this.promises.push({ ref, ...spot, quantity })
    return true
  }

  release(ref: string): void {
    for (const one of this.promises) if (one.ref === ref) one.quantity = 0
  }

  /** What was promised is handed over; false when less was promised. */
  commit(ref: string, spot: Spot, quantity: number): boolean {
    const own = this.promises.filter((one) => one.ref === ref && keyOf(one) === keyOf(spot))
    if (own.reduce((sum, one) => sum + one.quantity, 0) < quantity) return false
    this.#unpromise(own, quantity)
    this.#put(spot, -quantity, 0)
    return true
  }

  plan(ref: string, spot: Spot, quantity: number, isPromised: boolean): boolean {
    if (!this.reserve(ref, spot, quantity, { channel: 'none', isForced: false })) return false
    this.parcels.push({
      ...spot,
      to: 1 - spot.store,
      quantity,
      state: 'draft',
      gone: 0,
      ...{ promised: isPromised ? quantity : 0, received: 0 },
    })
    return true
  }

  ship(ref: string, parcel: Parcel): boolean {
    const { onHand, damaged } = this.shelf(parcel)
    if (parcel.state !== 'draft' || onHand - damaged < parcel.quantity) return false
    this.#unpromise(
      this.promises.filter((one) => one.ref === ref),
      parcel.quantity,
    )
    this.#put(parcel, -parcel.quantity, 0)
    parcel.state = 'in_transit'
    return true
  }

  arrive(ref: string, parcel: Parcel, come: { whole: number; broken: number; isFinal: boolean }): boolean {
    if (parcel.state !== 'in_transit' && parcel.state !== 'returning') return false
    if (parcel.gone + come.whole + come.broken > parcel.quantity) return false
    const store = parcel.state === 'in_transit' ? parcel.to : parcel.store
    const spot = { article: parcel.article, store }
    this.#put(spot, come.whole + come.broken, come.broken)
    if (parcel.state === 'in_transit') {
      const kept = keptOf(parcel)
      parcel.received += come.whole
      // What somebody waits for is theirs at once, unless a till has sold it already.
      const quantity = Math.min(keptOf(parcel) - kept, Math.max(0, this.free(spot)))
      this.promises.push({ ref, ...spot, quantity })
    }
    parcel.gone = come.isFinal ? parcel.quantity : parcel.gone + come.whole + come.broken
    if (parcel.gone === parcel.quantity) parcel.state = 'over'
    return true
  }

  giveUp(ref: string, parcel: Parcel): boolean {
    if (parcel.state === 'draft') this.release(ref)
    if (parcel.state !== 'draft' && parcel.state !== 'in_transit') return false
    parcel.state = parcel.state === 'draft' ? 'over' : 'returning'
    return true
  }

  /** Nobody waits for so many any more: they are not sent, or arrive as free stock. */
  letGo(ref: string, parcel: Parcel, quantity: number): void {
    const own = this.promises.filter((one) => one.ref === ref)
    const lost = Math.min(quantity, parcel.promised)
    const kept = keptOf(parcel)
    parcel.promised -= lost
    const isDraft = parcel.state === 'draft'
    this.#unpromise(own, isDraft ? lost : kept - keptOf(parcel))
    if (isDraft) parcel.quantity -= lost
    if (parcel.quantity === 0) parcel.state = 'over'
  }

  openSheet(spot: Spot): void {
    this.sheets.push({ ...spot, figure: null, isOpen: true })
  }

  count(sheet: Sheet, counted: number): boolean {
    if (!sheet.isOpen) return false
    sheet.figure = { counted, flowThen: this.shelf(sheet).flow, turn: ++this.#turn }
    return true
  }

  /** So many lay there then; what came and went since is known; what somebody counted later is known better. */
  handIn(sheet: Sheet): boolean {
    if (!sheet.isOpen) return false
    sheet.isOpen = false
    const { figure } = sheet
    const settled = this.#settled.get(keyOf(sheet)) ?? 0
    if (!figure || figure.turn < settled) return true
    this.#settled.set(keyOf(sheet), figure.turn)
    const shelf = this.shelf(sheet)
    shelf.onHand = figure.counted + shelf.flow - figure.flowThen
    return true
  }

  #unpromise(from: Promise_[], quantity: number): void {
    let left = quantity
    for (const one of from) {
      const part = Math.min(left, one.quantity)
      one.quantity -= part
      left -= part
    }
  }

  #put(spot: Spot, onHand: number, damaged: number): void {
    const shelf = this.shelf(spot)
    shelf.onHand += onHand
    shelf.flow += onHand
    shelf.damaged += damaged
  }
}
