// The page where something is paid: the whole window goes there, or it is shown in a frame of the shop's page. Neither says whether it
// was paid: ask your server, which asks the API.

export class Checkout {
  readonly url: string
  readonly #origin: string

  /** Throws TypeError for an address that is no checkout page of the server. */
  constructor(page: string, origin: string) {
    const { href, origin: of, pathname } = new URL(page)
    if (of !== origin || !pathname.startsWith('/c/')) throw new TypeError('That is no checkout page of this Onetill')
    this.url = href
    this.#origin = origin
  }

  /** Leads the customer there; they come back to your `success_url`, or see the order's own page. */
  open(): void {
    location.assign(this.url)
  }

  /**
   * Shows it inside `parent`, as `<onetill-checkout>`. Your origin must be one of your checkout settings' `allowed_origins`.
   * `onPhase` hears how far the customer is.
   */
  async mount(parent: Element, { onPhase }: { onPhase?: (phase: string) => void } = {}): Promise<HTMLElement> {
    await import(`${this.#origin}/embed.js`)
    const element = document.createElement('onetill-checkout')
    element.setAttribute('src', this.url)
    if (onPhase)
      element.addEventListener('checkout-phase', (event) =>
        onPhase((event as CustomEvent<{ phase: string }>).detail.phase),
      )
    parent.append(element)
    return element
  }
}
