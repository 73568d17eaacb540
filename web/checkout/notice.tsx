import type { CheckoutView } from '../../server/checkout/page-view.ts'
import { Mark } from './marks.tsx'
import type { Texts } from './texts/texts.ts'

/** What became of the last try, read out at once. */
export function Notice({ view, texts }: { view: CheckoutView; texts: Texts }) {
  if (view.notice === null) return null
  const { code, kind } = view.notice
  return (
    <p class={`notice ${kind}`} role="alert">
      <Mark kind={kind === 'bad' ? 'alert' : 'info'} />
      <span>{texts.notices[code]}</span>
    </p>
  )
}
