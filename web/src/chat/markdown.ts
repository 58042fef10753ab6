import DOMPurify from 'dompurify'
import { marked } from 'marked'

const ALLOWED = {
  ALLOWED_TAGS: [
    ...['p', 'br', 'strong', 'em', 'del', 'code', 'pre', 'blockquote', 'a', 'hr'],
    ...['ul', 'ol', 'li', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  ALLOWED_ATTR: ['href', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:|tel:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
} as const

/** The nodes of what the desk wrote in Markdown: text, lists, links; nothing that runs or loads. */
export function markdownNodes(text: string): DocumentFragment {
  const written = marked.parse(text, { async: false, gfm: true, breaks: true })
  const nodes = DOMPurify.sanitize(written, {
    ...ALLOWED,
    ALLOWED_TAGS: [...ALLOWED.ALLOWED_TAGS],
    ALLOWED_ATTR: [...ALLOWED.ALLOWED_ATTR],
  }) as DocumentFragment | null
  if (nodes === null) return plainNodes(text) // a frameset leaves no body to be sanitised
  for (const link of nodes.querySelectorAll('a')) {
    link.target = '_blank'
    link.rel = 'noopener noreferrer nofollow'
  }
  return nodes
}

function plainNodes(text: string): DocumentFragment {
  const nodes = document.createDocumentFragment()
  nodes.append(text)
  return nodes
}

/** The same without any markup, to be read aloud. */
export function markdownText(text: string): string {
  return markdownNodes(text).textContent.replace(/\s+/g, ' ').trim()
}
