// A bag that comes from another device: its code is used up, and the bag is here, too.

import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../shared/icon.tsx'
import { Go } from './app.tsx'
import { useShop } from './shop.ts'

export function JoinPage({ code }: { code: string }) {
  const { texts, cart, go } = useShop()
  const [isWrong, setWrong] = useState(false)
  const hasBegun = useRef(false)
  useEffect(() => {
    if (hasBegun.current) return
    hasBegun.current = true
    cart.join(code).then(
      () => go('/shop/cart'),
      () => setWrong(true),
    )
  }, [])
  if (!isWrong) {
    return (
      <div class="narrow empty" role="status">
        <h1>{texts.joinTitle}</h1>
      </div>
    )
  }
  return (
    <div class="narrow empty" role="alert">
      <h1>
        <Icon name="alert" /> {texts.joinWrong}
      </h1>
      <Go href="/shop" class="button primary">
        {texts.home}
      </Go>
    </div>
  )
}
