// HTTP for what a page of the shop does with the order of its own cart: open the page where it is paid.

import Type from 'typebox'
import { admit, CART_SECRET_HEADER, cartCaller } from '../carts/index.ts'
import { sessionUrl } from '../checkout/index.ts'
import { type App, callerOf } from '../http/app.ts'
import { closed, Id, Timestamp } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { orderPageUrl, readOrder } from '../orders/index.ts'
import { LanguageCode } from '../pages/index.ts'
import type { StorefrontDeps } from './deps.ts'
import { orderPageRoutes } from './order-page-routes.ts'
import { payPageOf } from './pay-order.ts'
import { shopRoutes } from './shop-routes.ts'

const PAY = { access: { keys: ['secret', 'restricted', 'publishable'], scope: 'orders:write' } } as const

export function routes(app: App, deps: StorefrontDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/orders/:id/checkout',
    config: PAY,
    schema: {
      operationId: 'checkOutOrder',
      summary: 'Open the page where an order is paid',
      description:
        'For what is due now; the page leads back to the order’s own page. With a publishable key, Cart-Secret must hold the secret of the cart that became the order.',
      tags: ['Orders'],
      params: Type.Object({ id: Id('ord') }),
      body: Type.Object(
        {
          language: Type.Optional(LanguageCode),
          channel: Type.Optional(Type.Enum(['web', 'app'], { default: 'web' })),
        },
        closed,
      ),
      response: {
        201: Type.Object(
          {
            object: Type.Literal('order_checkout'),
            order_id: Id('ord'),
            checkout_session_id: Id('chs'),
            url: Type.String({ description: 'Send the customer there.' }),
            page_url: Type.String({ description: 'The order’s own page, where they come back to.' }),
            expires_at: Timestamp,
          },
          { title: 'OrderCheckout' },
        ),
      },
    },
    handler: async (request, reply) => {
      const { merchantId, kind } = callerOf(request)
      const { id } = request.params
      const order = await readOrder(deps.db, merchantId, id)
      if (!order) throw new Problem('not-found')
      // Without the secret of its cart an order does not exist, for a publishable key.
      admit(
        await deps.carts.carts.load(merchantId, order.cart_id),
        cartCaller(kind, request.headers[CART_SECRET_HEADER]),
      )
      const { language = 'en', channel = 'web' } = request.body
      const session = await payPageOf(deps, merchantId, id, { language, channel })
      return reply.code(201).send({
        object: 'order_checkout' as const,
        order_id: id,
        checkout_session_id: session.id,
        url: sessionUrl(deps, session),
        page_url: await orderPageUrl(deps.orders, merchantId, id),
        expires_at: session.expires_at.toISOString(),
      })
    },
  })

  orderPageRoutes(app, deps)
  shopRoutes(app, deps)
}
