// What is done with orders that are done: the words, in English.

export const serviceEn = {
  returns: {
    heading: 'Return',
    find: 'Scan the receipt',
    by: 'Receipt number or e-mail',
    none: 'Nothing is known by that.',
    what: 'What comes back?',
    coming: 'Comes back',
    worth: 'Worth',
    other: 'Another purchase',
    prepare: 'Take the goods back',
    refund: 'Refund {amount}',
    done: 'Done',
    nothingLeft: 'nothing left to return',
    left_of: '{n} can come back',
    received: 'The goods are here',
    receivedLead: 'The money goes back the way it came.',
    given: 'Money back',
    nothingBack: 'Nothing is to be paid back.',
    byHand: 'Give {amount} from the drawer',
    back: '{amount} goes back: {to}',
    failed: 'It could not go back this way. Choose another:',
    left: 'The goods are taken back; the money is still to be settled.',
    key: 'Return',
    reasons: {
      size: 'Wrong size',
      dislike: 'Does not please',
      damaged: 'Damaged',
      wrong: 'Wrong article',
      other: 'Other',
    },
    states: { open: 'to do', sent: 'on its way', done: 'done', failed: 'failed' } as Record<string, string>,
    refusals: {
      'not-returnable': 'It can no longer be returned, or not here.',
      'operation-unsupported': 'There is nothing to give back this way.',
    } as Record<string, string>,
  },
}

export type ServiceTexts = typeof serviceEn
