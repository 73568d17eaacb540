// Icons of the till: those of the other faces and its own. Decoration: what they mean is said in words beside them.

import { ICON_PATHS } from '../shared/icon-paths.ts'

const PATHS = {
  ...ICON_PATHS,
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 15v2',
  park: 'M9 6v12M15 6v12',
  recall: 'M4 5v5h5M5 15a8 8 0 1 0 .500-7L4 10M12 8v4l3 2',
  percent: 'M6 18L18 6M7.500 5.500a2 2 0 1 0 .01 0zM16.500 14.500a2 2 0 1 0 .01 0z',
  coins:
    'M9 5c3.300 0 6 1 6 2.500S12.300 10 9 10 3 9 3 7.500 5.700 5 9 5zM3 7.500v5C3 14 5.700 15 9 15M15 7.500V10M15 11c3.300 0 6 1 6 2.500S18.300 16 15 16s-6-1-6-2.500S11.700 11 15 11zM9 13.500v4C9 19 11.700 20 15 20s6-1 6-2.500v-4',
  card: 'M3 6h18v12H3zM3 10h18M7 15h3',
  gift: 'M4 9h16v4H4zM6 13v7h12v-7M12 9v11M12 9c-2 0-4.500-.700-4.500-2.700S11 4 12 9c1-5 4.500-4.700 4.500-2.700S14 9 12 9',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2M18 18h2v2h-2z',
  star: 'M12 4l2.400 5 5.600.700-4.100 3.800 1.100 5.500-5-2.700-5 2.700 1.100-5.500L4 9.700 9.600 9z',
  drawer: 'M4 5h16l1 8v6H3v-6zM3 13h18M10 16h4',
  report: 'M6 3h9l3 3v15H6zM9 9h6M9 13h6M9 17h3',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  backspace: 'M9 6h11v12H9l-6-6zM12 10l4 4M16 10l-4 4',
  offline:
    'M3 3l18 18M8.500 15.500a5 5 0 0 1 7 0M5.500 12.500a9 9 0 0 1 4-2.300M13.500 10a9 9 0 0 1 5 2.500M12 19v.01M2.500 9.500a13 13 0 0 1 4-2.600M10.500 6a13 13 0 0 1 11 3.500',
  online: 'M8.500 15.500a5 5 0 0 1 7 0M5.500 12.500a9 9 0 0 1 13 0M2.500 9.500a13 13 0 0 1 19 0M12 19v.01',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  more: 'M5 12v.01M12 12v.01M19 12v.01',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v1M12 20v1M3 12h1M20 12h1M5.600 5.600l.700.700M17.700 17.700l.700.700M18.400 5.600l-.700.700M6.300 17.700l-.700.700',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
