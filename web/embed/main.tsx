// <onetill-checkout src="https://pay.example/c/…"></onetill-checkout>: the checkout page in a frame of the shop's page. The frame is of
// another origin, so the shop's scripts cannot read what is typed, and what the frame says is believed only from its own origin.

/** What the page tells its frame. It never says that something is paid: ask the API. */
interface Told {
  onetill: 'checkout'
  phase: string
  height: number
}

const LEAST_PX = 320
const MOST_PX = 4000

/**
 * Shows the checkout session of `src`. Fires `checkout-phase` with `{phase}` in its detail when the customer has come further; a payment
 * that leads to a bank takes the whole window there and comes back to the page itself.
 */
class OnetillCheckout extends HTMLElement {
  static observedAttributes = ['src', 'language']
  #frame: HTMLIFrameElement | null = null
  #phase = ''

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    const frame = document.createElement('iframe')
    frame.title = this.getAttribute('title') ?? 'Checkout'
    frame.allow = 'payment; publickey-credentials-get'
    frame.referrerPolicy = 'no-referrer'
    frame.style.cssText = `display:block;width:100%;height:${LEAST_PX}px;border:0;color-scheme:normal`
    root.append(frame)
    this.#frame = frame
    addEventListener('message', this.#hear)
    this.#show()
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#hear)
    this.#frame?.remove()
    this.#frame = null
  }

  attributeChangedCallback(): void {
    this.#show()
  }

  #show(): void {
    const url = checkoutUrl(this.getAttribute('src'))
    if (!this.#frame) return
    if (!url) {
      this.#frame.removeAttribute('src')
      return
    }
    const language = this.getAttribute('language')
    if (language !== null) url.searchParams.set('lang', language)
    if (this.#frame.src !== url.href) this.#frame.src = url.href
  }

  #hear = (event: MessageEvent): void => {
    const url = checkoutUrl(this.getAttribute('src'))
    if (!this.#frame || !url || event.source !== this.#frame.contentWindow || event.origin !== url.origin) return
    const { onetill, phase, height } = (event.data ?? {}) as Partial<Told>
    if (onetill !== 'checkout' || typeof phase !== 'string' || typeof height !== 'number') return
    this.#frame.style.height = `${Math.min(MOST_PX, Math.max(LEAST_PX, Math.ceil(height)))}px`
    if (phase === this.#phase) return
    this.#phase = phase
    this.dispatchEvent(new CustomEvent('checkout-phase', { detail: { phase }, bubbles: true }))
  }
}

/** The address of a checkout page, or null for anything else: a frame runs what it is given. */
function checkoutUrl(src: string | null): URL | null {
  if (src === null || !URL.canParse(src)) return null
  const url = new URL(src)
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  return isWeb && url.pathname.startsWith('/c/') ? url : null
}

if (!customElements.get('onetill-checkout')) customElements.define('onetill-checkout', OnetillCheckout)
