// What the page shows of a cart. All of it is worked out for this look: prices, tax and stock are of now.

import { isArranged, previewArranged } from '../carts/index.ts'
import type { BagChange, BagLine, BagOption, BagSum, BagView, Session } from '../checkout/index.ts'
import { amountText, type Language } from '../lib/language.ts'
import type { BagDeps } from './deps.ts'
import { slotText } from './hours.ts'
import { isThing, type Known, knownOf } from './known.ts'
import { arrangementOf, errorsOf } from './plan.ts'
import { addressText, placeOf, slotsOf, storeViews } from './stores.ts'

type Show = (amount: number) => string

export async function bagView(deps: BagDeps, session: Session, language: Language): Promise<BagView> {
  const known = await knownOf(deps, session)
  const { cart, view, bag, choice } = known
  const show: Show = (amount) => amountText(language, BigInt(amount), cart.currency)
  const slots = slotsOf(choice.store, deps.clock.now())
  const errors = errorsOf(known, slots)
  const state = stateOf(known, deps.clock.now())
  const changes = changesOf(known, show)
  const isSettled = await isSettledOf(deps, known)
  const isReady =
    state === 'open' && bag.is_sent && Object.keys(errors).length === 0 && isSettled && changes.length === 0
  const isOpen = state === 'open' && !isReady
  return {
    state,
    is_ready: isReady,
    version: view.version,
    total: show(view.total),
    total_minor: view.total,
    lines: view.lines.filter(({ kind }) => kind !== 'shipping').map((line) => lineView(line, show)),
    sums: sumsOf(known, show, language),
    changes,
    codes: view.codes.map((code) => ({
      code,
      is_used: view.promotions.applied.some((used) => used.code?.toLowerCase() === code.toLowerCase()),
    })),
    typed: { ...bag.typed, way: choice.way, country: choice.country },
    errors,
    needs_way: choice.needsWay,
    ways: choice.ways,
    way: choice.way,
    countries: isOpen ? countryNames(choice.countries, language) : [],
    options: isOpen && choice.needsWay && choice.way === 'ship' ? await optionViews(deps, known, show) : [],
    stores: isOpen && choice.needsWay && choice.way === 'collect' ? await storeViews(deps, known, language) : [],
    is_by_distance: placeOf(known) !== null,
    chosen: isReady ? chosenOf(known, language) : null,
  }
}

/** Whether the cart is as it was chosen here, and all of it can be had. */
export async function isSettledOf(deps: BagDeps, known: Known): Promise<boolean> {
  const { view, cart, session } = known
  if (view.lines.some(({ is_gone, availability }) => is_gone || availability?.is_enough === false)) return false
  return isArranged(deps.carts, session.merchant_id, cart, arrangementOf(known))
}

function stateOf({ cart, view }: Known, now: Date): BagView['state'] {
  if (cart.state === 'merged' || cart.state === 'expired' || cart.expires_at <= now) return 'moved'
  const isLocked = cart.state === 'locked' && cart.locked_until !== null && cart.locked_until > now
  if (cart.state === 'parked' || isLocked) return 'held'
  return view.lines.every(({ kind }) => kind === 'shipping') ? 'empty' : 'open'
}

function lineView(line: Known['view']['lines'][number], show: Show): BagLine {
  const { id, name, quantity, unit, total, list, is_gone, availability } = line
  return {
    id,
    name: name ?? '',
    quantity: unit === 'gram' ? `${quantity} g` : quantity === 1 ? '' : `${quantity} ×`,
    amount: is_gone ? '' : show(total),
    was: list > total && line.discount > 0 ? show(list) : null,
    is_gone,
    left: availability !== null && !availability.is_enough ? (availability.available ?? 0) : null,
  }
}

function sumsOf({ view, choice, offers }: Known, show: Show, language: Language): BagSum[] {
  const fees = view.lines.filter(({ kind }) => kind === 'shipping')
  const [feeList, feeTotal] = fees.reduce(([a, b], { list, total }) => [a + list, b + total], [0, 0])
  const rate = new Intl.NumberFormat(language === 'en' ? 'en-GB' : language, {
    style: 'percent',
    maximumFractionDigits: 2,
  })
  const sum = (kind: BagSum['kind'], amount: number, name: string | null = null): BagSum => ({
    ...{ kind, name, amount: show(amount), is_free: amount === 0 },
  })
  const isSent = choice.needsWay && choice.way === 'ship'
  return [
    sum('goods', view.list - feeList),
    ...view.promotions.applied.map(({ label, amount }) => sum('discount', -amount, label)),
    ...(fees.length > 0 || (isSent && offers === null) ? [sum('delivery', feeTotal)] : []),
    sum('total', view.total),
    ...view.taxes
      .filter(({ tax }) => tax !== 0)
      .map(({ tax_rate_bp, tax }) =>
        sum(view.prices_include_tax ? 'tax' : 'tax_on_top', tax, rate.format(tax_rate_bp / 10_000)),
      ),
  ]
}

function changesOf({ view }: Known, show: Show): BagChange[] {
  const names = new Map(view.lines.map(({ id, name }) => [id, name ?? '']))
  // What is short says so on its line, and what a promotion does stands in the sums.
  return view.changes
    .filter(({ what }) => what === 'price')
    .map(({ line_id, what, was, is }) => ({
      what,
      name: names.get(line_id) ?? '',
      was: priced(was, show),
      is: priced(is, show),
    }))
}

/** A unit price in major units, as an amount; with more decimals than coins have, as it stands. */
function priced(price: string | null, show: Show): string | null {
  if (price === null) return null
  const [whole = '', part = ''] = price.split('.')
  const zero = show(0)
  const decimals = /[.,](\d+)/.exec(zero)?.[1]?.length ?? 0
  return part.length > decimals ? price : show(Number(whole + part.padEnd(decimals, '0')))
}

function countryNames(countries: readonly string[], language: Language): BagView['countries'] {
  const names = new Intl.DisplayNames([language === 'en' ? 'en-GB' : language], { type: 'region' })
  return countries
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name, language))
}

/** What each would cost: the whole cart with it, since a promotion may pay for delivery and tax follows the goods. */
async function optionViews(deps: BagDeps, known: Known, show: Show): Promise<BagOption[]> {
  const { choice, session, cart } = known
  return Promise.all(
    choice.offers.map(async (offer): Promise<BagOption> => {
      const { id, name, days, variant_id, unit_price_e4 } = offer
      const hoped = await previewArranged(deps.carts, session.merchant_id, cart, {
        ...arrangementOf(known),
        delivery: { variant_id, unit_price_e4 },
      })
      const fee = hoped.lines.filter(({ kind }) => kind === 'shipping').reduce((sum, { total }) => sum + total, 0)
      return { id, name, amount: show(fee), is_free: fee === 0, days, is_chosen: id === choice.offer?.id }
    }),
  )
}

function chosenOf({ bag: { typed }, choice, view }: Known, language: Language): BagView['chosen'] {
  const contact = [typed.name, typed.email].filter(Boolean).join(' · ')
  if (!view.lines.some(isThing)) return { contact, where: '', when: null }
  if (choice.way === 'collect' && choice.store !== null) {
    const { store } = choice
    const slot = typed.slot ?? ''
    const when = slot === '' ? null : slotText(language, slot, store, { isSlot: true })
    return { contact, where: [store.name, addressText(store)].filter(Boolean).join(' · '), when }
  }
  const town = [choice.postalCode, typed.city].filter(Boolean).join(' ')
  const country = new Intl.DisplayNames([language], { type: 'region' }).of(choice.country) ?? choice.country
  return {
    contact,
    where: [typed.line1, typed.line2, town, country].filter(Boolean).join(', '),
    when: choice.offer?.name ?? null,
  }
}
