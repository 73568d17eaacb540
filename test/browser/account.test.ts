// The account as a shopper meets it: in with a code from the mail or with a passkey, every part of it, out again, and gone for good; and
// what somebody tries who is not its owner.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { LANGUAGES } from '../../server/lib/language.ts'
import { fits, looksRight, shopping, signInCode, withAuthenticator } from './shopper.ts'
import { orderDelivered, orderOn, payByIdeal, putInBag } from './shopping.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }

/** Where passkeys work: browsers give none to an address of digits. */
const here = () => world.shop.url.replace('127.0.0.1', 'localhost')
let people = 0
const newAddress = () => `shopper-${++people}@example.org`

const codeFor = (email: string) => signInCode(world.shop.url, email)

async function askForCode(page: Page, email: string, url = here()): Promise<string> {
  await page.goto(`${url}/shop/account?lang=en`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Mail me a code' }).click()
  await page.getByLabel('Code from the mail').waitFor()
  return codeFor(email)
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Code from the mail').fill(await askForCode(page, email))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
}

const open = async (page: Page, part: string) => {
  await page.getByRole('navigation', { name: 'Your account' }).getByRole('link', { name: part, exact: true }).click()
  await page.getByRole('heading', { name: part, exact: true, level: 2 }).waitFor()
}
const tokenOf = (page: Page) =>
  page.evaluate<string | null>("JSON.parse(localStorage.getItem('onetill.shop.session') ?? 'null')?.token ?? null")
const customerOf = async (page: Page) => {
  const answer = await fetch(`${world.shop.url}/v1/account`, {
    headers: {
      authorization: `Bearer ${world.shop.demo.publishable_key}`,
      'customer-session': (await tokenOf(page)) ?? '',
    },
  })
  return ((await answer.json()) as { customer_id: string }).customer_id
}

inBrowser('a code from the mail lets its reader in, by keyboard alone', async (page) => {
  const email = newAddress()
  await page.goto(`${here()}/shop?lang=en`)
  await page.getByRole('link', { name: 'Sign in' }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('E-mail').waitFor()
  await looksRight(page, 'the sign-in')
  await page.getByLabel('E-mail').focus()
  await page.keyboard.type(email)
  await page.keyboard.press('Enter')
  await page.getByText(`We have sent a code to ${email}`).waitFor()
  await looksRight(page, 'the code')
  // The cursor is where the code goes.
  await page.keyboard.type(await codeFor(email))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: `Hello ${email}` }).waitFor()
  await page.getByText('Nothing here yet.').waitFor()
  await looksRight(page, 'an account without orders')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('E-mail').waitFor()
  assert.equal(await tokenOf(page), null)
})

inBrowser(
  'a wrong code is told kindly, the sixth try fails even with the right one, and a used one is used',
  async (page) => {
    const email = newAddress()
    const code = await askForCode(page, email)
    const wrong = code === '000000' ? '000001' : '000000'
    const enter = async (text: string) => {
      const answered = page.waitForResponse(/sign_in\/confirm$/)
      await page.getByLabel('Code from the mail').fill(text)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      return (await answered).status()
    }
    for (let n = 0; n < 5; n++) assert.equal(await enter(wrong), 422)
    assert.equal(await enter(code), 422)
    await page.getByText('That is not the code, or it has ended.').first().waitFor()
    await looksRight(page, 'a wrong code')
    const sent = page.waitForResponse(/sign_in$/)
    await page.getByRole('button', { name: 'Send another code' }).click()
    await sent
    const [request] = await Promise.all([
      page.waitForRequest(/sign_in\/confirm$/),
      page
        .getByLabel('Code from the mail')
        .fill(await codeFor(email))
        .then(() => page.keyboard.press('Enter')),
    ])
    await page.getByRole('heading', { name: /^Hello/ }).waitFor()
    const replayed = await fetch(request.url(), {
      method: 'POST',
      headers: { authorization: request.headers()['authorization'] ?? '', 'content-type': 'application/json' },
      body: request.postData(),
    })
    assert.equal(replayed.status, 422)
  },
)

inBrowser('a passkey is made, lets its owner in without mail, and is removed', async (page) => {
  await withAuthenticator(page)
  const email = newAddress()
  await signIn(page, email)
  await open(page, 'Sign-in')
  await page.getByText('No passkey yet.').waitFor()
  await looksRight(page, 'no passkey')
  await page.getByRole('button', { name: 'Make a passkey on this device' }).click()
  await page.getByRole('button', { name: /^Remove passkey/ }).waitFor()
  await looksRight(page, 'a passkey')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('heading', { name: `Hello ${email}` }).waitFor()
  await open(page, 'Sign-in')
  await page.getByText('last used').waitFor()
  await page.getByRole('button', { name: /^Remove passkey/ }).click()
  await page.getByText('No passkey yet.').waitFor()
  // The device still has its half: it opens nothing.
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('The passkey did not work.').first().waitFor()
  await looksRight(page, 'a passkey that is not known')
})

inBrowser('what is ordered while signed in is in the account, and leads to the order’s page', async (page) => {
  const email = newAddress()
  await signIn(page, email)
  await putInBag(page, here(), 'steel bottle', 'Steel bottle')
  await page.getByRole('link', { name: 'To the bag' }).click()
  await page.getByRole('button', { name: 'Check out' }).click()
  await page.waitForURL(/\/c\/cs_/)
  // The page knows whom it is for.
  assert.equal(await page.getByLabel('E-mail').inputValue(), email)
  await page.goBack()
  await orderDelivered(page, email)
  await payByIdeal(page)
  const order = await orderOn(page, world)
  // The way back leads to the server's own address; the session is with the shop's.
  await page.goto(`${here()}/shop/account?lang=en`)
  await page.getByRole('heading', { name: `Order ${order.number}` }).waitFor()
  await page.getByText('being prepared').waitFor()
  await looksRight(page, 'orders')
  await page.getByRole('link', { name: `Look at order ${order.number}` }).click()
  await page.waitForURL(/\/o\//)
  await page.goto(`${here()}/shop/account/privacy?lang=en`)
  await page.getByText(`Order ${order.number} is not finished.`).waitFor()
  await looksRight(page, 'an account that cannot be deleted yet')
})

inBrowser(
  'cards, balances, details, addresses and consents are shown and changed, with names that try to be markup',
  async (page) => {
    await signIn(page, newAddress())
    const customer = await customerOf(page)
    const { api } = world
    const token = await api.token('4242424242424242')
    assert.equal((await api.call('POST', `/v1/customers/${customer}/instruments`, { token })).status, 201)
    const credit = await api.command(`/v1/customers/${customer}/store_credit/adjustments`, {
      ...{ currency: 'EUR', amount: 1250, reason: 'sorry' },
    })
    assert.equal(credit.status, 201, credit.text)

    await open(page, 'Cards and balances')
    await page.getByText('Visa ending in 4242').waitFor()
    await page.getByText('€12.50').waitFor()
    await looksRight(page, 'cards and balances')
    await page.getByRole('button', { name: 'Remove Visa ending in 4242' }).click()
    await page.getByText('No card is saved.').waitFor()

    const evil = '<img src=x onerror="window.gone=1">\u202eAda'
    await open(page, 'Details')
    await page.getByLabel('Name').fill(evil)
    await page.getByLabel('Phone').fill('+31612345678')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByText('No address yet.').waitFor()
    await page.getByRole('button', { name: 'Add an address' }).click()
    await page.getByRole('button', { name: 'Save' }).last().click()
    await page.getByText('Please fill this in.').first().waitFor()
    await looksRight(page, 'an address that is not whole')
    await page.getByLabel('Name').last().fill(evil)
    await page.getByLabel('Street and number').fill('Prinsengracht 1')
    await page.getByLabel('Postal code').fill('1015 DK')
    await page.getByLabel('Town').fill('Amsterdam')
    await page.getByRole('button', { name: 'Save' }).last().click()
    await page.getByText('usual address').waitFor()
    await looksRight(page, 'details')
    await page.reload()
    await page.getByRole('heading', { name: /^Hello <img/ }).waitFor()
    assert.equal(await page.evaluate('window.gone'), undefined)
    await page.getByRole('button', { name: /^Remove </ }).click()
    await page.getByText('No address yet.').waitFor()

    await open(page, 'Privacy')
    await page.getByLabel('Remember what I look at').check()
    await page.getByText('Saved.').waitFor()
    await page.reload()
    await page.getByLabel('Remember what I look at').waitFor()
    assert.equal(await page.getByLabel('Remember what I look at').isChecked(), true)
    await looksRight(page, 'privacy')
    await open(page, 'Returns')
    await page.getByText('No returns.').waitFor()
    await looksRight(page, 'no returns')
  },
  PHONE,
)

inBrowser(
  'what somebody looks at is told to the store’s staff once they agree, and no longer than that',
  async (page) => {
    const told: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/account/views')) told.push(request.postData() ?? '')
    })
    const look = async (words: string, name: string) => {
      await page.goto(`${here()}/shop?lang=en&q=${encodeURIComponent(words)}`)
      await page.locator('.card a', { hasText: name }).click()
      await page.getByRole('heading', { name }).waitFor()
    }
    /** What the panel of the till asks for. */
    const seen = async (customer: string) => {
      const path = `/v1/customers/${customer}/views?limit=30`
      const { body } = await world.api.call<{
        data: { kind: string; product_id: string | null; query: string | null }[]
      }>('GET', path)
      return body.data
    }
    const agree = async (is: boolean) => {
      await page.goto(`${here()}/shop/account/privacy?lang=en`)
      await page.getByLabel('Remember what I look at').setChecked(is)
      await page.getByText('Saved.').waitFor()
    }
    await look('linen towel', 'Linen towel')
    await signIn(page, newAddress())
    const customer = await customerOf(page)
    await look('ash board', 'Ash cutting board')
    await agree(true)
    const posted = page.waitForResponse(/account\/views$/)
    await look('soap', 'Spruce soap')
    assert.deepEqual(await (await posted).json(), { recorded: 1 })
    // Reading on is a look as well: it found something, and nobody typed on.
    const searched = page.waitForResponse(/account\/views$/)
    await page.goto(`${here()}/shop?lang=en&q=towel`)
    await searched
    const { body: soap } = await world.api.call<{ data: { variant: { product_id: string } }[] }>(
      'GET',
      '/v1/catalog/search?q=spruce+soap',
    )
    assert.deepEqual(
      (await seen(customer)).map(({ kind, product_id, query }) => [kind, product_id ?? query]),
      [
        ['search', 'towel'],
        ['product', soap.data[0]?.variant.product_id],
      ],
    )
    await page.goto(`${here()}/shop/account/privacy?lang=en`)
    await page.getByRole('link', { name: 'Spruce soap' }).waitFor()
    await looksRight(page, 'what was looked at')
    await agree(false)
    await page.getByText('Nothing is remembered.').waitFor()
    await look('ash board', 'Ash cutting board')
    await page.getByRole('link', { name: 'Account' }).first().click()
    await page.getByRole('heading', { name: /^Hello/ }).waitFor()
    assert.equal(told.length, 2, told.join())
    assert.deepEqual(await seen(customer), [])
  },
)

inBrowser('everything is taken along as a file, and the account is deleted for good', async (page) => {
  const email = newAddress()
  await signIn(page, email)
  const customer = await customerOf(page)
  const credit = await world.api.command(`/v1/customers/${customer}/store_credit/adjustments`, {
    ...{ currency: 'EUR', amount: 300, reason: 'sorry' },
  })
  assert.equal(credit.status, 201, credit.text)
  await open(page, 'Privacy')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download my data' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'my-account.json')
  await page.getByText('the law (Netherlands) wants the books for 7 years').waitFor()
  const button = page.getByRole('button', { name: 'Delete my account' })
  assert.equal(await button.getAttribute('aria-disabled'), 'true', 'the credit is to be given up first')
  await page.getByLabel('I give up €3.00 of store credit.').check()
  await button.click()
  await page.getByText('Really delete it?').waitFor()
  await looksRight(page, 'the last question')
  await page.getByRole('button', { name: 'Delete for good' }).click()
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor()
  await looksRight(page, 'a deleted account')
  assert.equal(await tokenOf(page), null)
  const { body } = await world.api.call<{ email: string | null }>('GET', `/v1/customers/${customer}`)
  assert.equal(body.email, null)
})

inBrowser('a session that ended, or was another’s, shows the sign-in and nothing else', async (page) => {
  await signIn(page, newAddress())
  const other = await world.device()
  await signIn(other, newAddress())
  const ended = await tokenOf(other)
  await open(other, 'Sign-in')
  await other.getByRole('button', { name: 'Sign out everywhere' }).click()
  await other.getByLabel('E-mail').waitFor()
  await other.context().close()
  for (const token of [ended, 'cst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '<script>']) {
    const held = JSON.stringify(JSON.stringify({ token, expires_at: '2999-01-01T00:00:00Z' }))
    await page.evaluate(`localStorage.setItem('onetill.shop.session', ${held})`)
    await page.goto(`${here()}/shop/account?lang=en`)
    await page.getByLabel('E-mail').waitFor()
    assert.equal(await tokenOf(page), null, 'it is forgotten')
  }
})

inBrowser('an account that does not answer says so and is asked again', async (page) => {
  await signIn(page, newAddress())
  await page.route(/\/v1\/account\/returns/, (route) => route.abort())
  await open(page, 'Returns')
  await page.getByRole('button', { name: 'Try again' }).waitFor()
  await looksRight(page, 'no answer')
  await page.unroute(/\/v1\/account\/returns/)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('No returns.').waitFor()
})

for (const [name, options] of Object.entries({
  phone: PHONE,
  tablet: { viewport: { width: 1024, height: 768 } },
  narrow: { viewport: { width: 320, height: 640 } },
})) {
  inBrowser(
    `the account fits on a ${name} in every language`,
    async (page) => {
      await signIn(page, newAddress())
      for (const language of LANGUAGES) {
        for (const part of ['orders', 'wallet', 'details', 'security', 'privacy']) {
          await page.goto(`${here()}/shop/account/${part}?lang=${language}`)
          await page.locator('.part .sheet, .part .empty').first().waitFor()
          await fits(page, `${part} in ${language}`)
        }
      }
    },
    options,
  )
}

inBrowser(
  'in the dark it is read as well',
  async (page) => {
    await signIn(page, newAddress())
    for (const part of ['Cards and balances', 'Sign-in', 'Privacy', 'Orders']) {
      await open(page, part)
      await page.locator('.part .sheet, .part .empty').first().waitFor()
      await looksRight(page, `${part} in the dark`)
    }
  },
  { colorScheme: 'dark' },
)

inBrowser('what the account loads besides is at most 20 kB of script', async (page) => {
  const { files } = (await (await fetch(`${world.shop.url}/assets/inventory.json`)).json()) as {
    files: Record<string, { gzip: number }>
  }
  const loaded = new Set<string>()
  page.on('request', (request) => {
    if (request.resourceType() === 'script') loaded.add(new URL(request.url()).pathname.split('/').at(-1) as string)
  })
  await page.goto(`${here()}/shop?lang=en`, { waitUntil: 'networkidle' })
  const first = new Set(loaded)
  await page.goto(`${here()}/shop/account?lang=en`)
  await page.getByRole('button', { name: 'Mail me a code' }).waitFor()
  const later = [...loaded].filter((name) => !first.has(name))
  const bytes = later.reduce((sum, name) => sum + (files[name]?.gzip ?? Number.NaN), 0)
  assert.ok(bytes > 0 && bytes <= 20_000, `${bytes} bytes: ${later.join(', ')}`)
})
