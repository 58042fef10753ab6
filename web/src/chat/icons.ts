import { svg, type SVGTemplateResult } from 'lit'

// Drawn on a 24 by 24 grid with the text's colour; all are decoration beside words or labels.
const PATHS = {
  menu: 'M4 7h16M4 12h16M4 17h10',
  plus: 'M12 5v14M5 12h14',
  send: 'M12 19V5M6 11l6-6 6 6',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'M5 13l4.5 4.5L19 7',
  phone:
    'M6 4h3l1.5 4.5L8.3 10a11 11 0 0 0 5.7 5.7l1.5-2.2L20 15v3a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z',
  pin: 'M12 21s-6.5-5.6-6.5-11a6.5 6.5 0 0 1 13 0C18.5 15.4 12 21 12 21zM12 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.5l3 1.8',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M12 5v14M6 13l6 6 6-6',
  forward: 'M5 12h14M13 6l6 6-6 6',
  page: 'M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5',
  pen: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  globe:
    'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM4 12h16M12 4c2.5 2.3 3.5 5 3.5 8s-1 5.7-3.5 8c-2.5-2.3-3.5-5-3.5-8s1-5.7 3.5-8z',
  thumbUp:
    'M7 20V10.5M7 10.5L11 3.5c1.5 0 2.5 1 2.2 2.6L12.6 9.5H18a2 2 0 0 1 2 2.4l-1.2 6.4A2 2 0 0 1 16.800 20H4V10.5z',
  thumbDown:
    'M7 4v9.5M7 13.5L11 20.5c1.5 0 2.5-1 2.2-2.6L12.6 14.5H18a2 2 0 0 0 2-2.4l-1.2-6.4A2 2 0 0 0 16.800 4H4V13.5z',
  retry: 'M19 12a7 7 0 1 1-2-4.9M19 4v4h-4',
  alert: 'M12 4l9 16H3zM12 10v4.5M12 17.2v.3',
  eye: 'M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
} as const

export function icon(name: keyof typeof PATHS): SVGTemplateResult {
  return svg`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"
    fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
    stroke-linejoin="round"><path d=${PATHS[name]}></path></svg>`
}

/** A town hall above the river: the mark of the desk. */
export function mark(): SVGTemplateResult {
  return svg`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
    <path fill="currentColor" d="M16 3l11 6.5v2H5v-2zM7 13.5h3.2V21H7zM14.4 13.5h3.2V21h-3.2zM21.8
      13.5H25V21h-3.2zM5 22.5h22V25H5z"></path>
    <path fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
      d="M4 28.5c2-1.4 4-1.4 6 0s4 1.4 6 0 4-1.4 6 0 4 1.4 6 0"></path></svg>`
}
