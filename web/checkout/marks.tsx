// Plain marks for the kinds of methods, all of one size. Nobody's trademark: the method's name stands beside it.

const PATHS: Record<string, string> = {
  card: 'M3 6.5A1.5 1.5 0 0 1 4.5 5h15A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5zM3 9.5h18M6.5 15h4',
  bank: 'M3 20h18M5 20V10M10 20V10M14 20V10M19 20V10M3 10l9-6 9 6z',
  wallet: 'M4 7.5A1.5 1.5 0 0 1 5.5 6H18v3M4 7.5v10A1.5 1.5 0 0 0 5.5 19H20V9H5.5A1.5 1.5 0 0 1 4 7.5zM16 14h.01',
  pay_later: 'M4 6h16v14H4zM8 3v5M16 3v5M4 11h16M12 14v3l2 1',
  stored_value:
    'M4 9h16v4H4zM5.5 13v7h13v-7M12 9v11M12 9C9 9 7.5 7.8 7.5 6.3 7.5 5 8.5 4 9.7 4 11.5 4 12 7 12 9zM12 9c3 0 4.5-1.2 4.5-2.7C16.500 5 15.500 4 14.300 4 12.500 4 12 7 12 9z',
  voucher: 'M4 7h16v3.500a1.500 1.500 0 0 0 0 3V17H4v-3.500a1.500 1.500 0 0 0 0-3zM14 8v1M14 11.500v1M14 15v1',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  alert: 'M12 4l9 16H3zM12 10v4M12 17v.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v.01M11 12h1v4h1',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
}

/** Decoration: what it means is said in words beside it. */
export function Mark({ kind }: { kind: string }) {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[kind] ?? PATHS['info']} />
    </svg>
  )
}
