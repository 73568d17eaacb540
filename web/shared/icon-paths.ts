// Plain line icons of one weight, as paths. Decoration: what they mean is said in words beside them.

/** By name; strokes in a box of 24. */
export const ICON_PATHS = {
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500 20 20',
  bag: 'M5 8h14l1 12H4zM8.500 8V7a3.500 3.500 0 0 1 7 0v1',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  alert: 'M12 4l9 16H3zM12 10v4M12 17v.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v.01M11 12h1v4h1',
  truck: 'M3 6h11v11H3zM14 10h4l3 3v4h-7zM7 17a2 2 0 1 0 .01 0zM17.500 17a2 2 0 1 0 .01 0z',
  store: 'M4 10v10h16V10M3 10l2-6h14l2 6zM9 20v-6h6v6',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2',
  back: 'M9 7l-5 5 5 5M4 12h16',
  cross: 'M6 6l12 12M18 6L6 18',
  phone: 'M8 3h8v18H8zM11 18h2',
  print: 'M7 9V4h10v5M5 9h14v8h-2M7 17H5zM7 14h10v6H7z',
  pin: 'M12 21c4-5 6-8 6-11a6 6 0 1 0-12 0c0 3 2 6 6 11zM12 8a2 2 0 1 0 .01 0z',
  box: 'M4 8l8-4 8 4v9l-8 4-8-4zM4 8l8 4 8-4M12 12v9',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c1-4 4-6 8-6s7 2 8 6',
  key: 'M8 12a4 4 0 1 0 0 .01zM12 12h9M18 12v4M15 12v3',
  undo: 'M8 6L4 10l4 4M4 10h10a5 5 0 0 1 0 10h-3',
} as const

export type IconName = keyof typeof ICON_PATHS
