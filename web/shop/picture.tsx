// A picture of an article, as the shop draws it.

import { drawingOf, type Pictured } from '../shared/picture.ts'

/** Decoration: the name stands beside it. */
export function Picture(article: Pictured) {
  const drawing = drawingOf(article)
  if ('photo' in drawing) return <img class="picture" src={drawing.photo} alt="" />
  return (
    <svg
      class="picture"
      viewBox="0 0 200 200"
      aria-hidden="true"
      focusable="false"
      preserveAspectRatio="xMidYMid slice"
    >
      {drawing.ground.map(({ d, fill }, i) => (
        <path key={i} d={d} fill={fill} />
      ))}
      <ellipse cx="100" cy="158" rx="56" ry="6" fill="#000000" opacity="0.1" />
      {drawing.thing.map(({ d, fill }, i) => (
        <path key={i} d={d} fill={fill} />
      ))}
    </svg>
  )
}
