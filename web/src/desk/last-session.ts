import type { Shelf } from './shelf'

const KEY = 'town-hall:session'

/** The session to open: this tab's own first; a new tab's is what was open last in this browser. */
export function lastSession(shelf: Shelf): string | null {
  try {
    const own = sessionStorage.getItem(KEY)
    if (own !== null) return own === '' ? null : own
  } catch {
    // No storage: the shelf knows.
  }
  return shelf.read('session')
}

/** Keep which session this tab shows; null for a new conversation. */
export function rememberSession(shelf: Shelf, sessionId: string | null): void {
  shelf.write('session', sessionId)
  try {
    sessionStorage.setItem(KEY, sessionId ?? '')
  } catch {
    // No storage: the shelf knows.
  }
}
